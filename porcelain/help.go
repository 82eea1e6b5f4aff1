// SPDX-License-Identifier: Apache-2.0

package porcelain

import (
	"os/exec"

	"github.com/spf13/cobra"
)

const helpHelp = `Shows the manual page of a verb, or of git-devops itself.

Where man(1) knows the page and standard output is a terminal, the page is
opened there; otherwise its text is printed.
`

func helpCommand(g *Globals, root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:     "help [<verb>]",
		Short:   "show the manual page of a verb",
		Long:    helpHelp,
		GroupID: GroupStart,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return Exit(Usage, unknownVerb{args[0], root.SuggestionsFor(args[0])})
			}
			showManual(g, cmd)
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, c := range root.Commands() {
				if c.Long != "" {
					names = append(names, c.Name()+"\t"+c.Short)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// showManual opens the manual page of cmd, or prints it where that cannot be.
// Errors of standard output are found by the final Flush.
func showManual(g *Globals, cmd *cobra.Command) {
	if g.UI == nil {
		// --help comes before the verb's own preparations; a bad -C does not
		// keep anyone from reading.
		_ = g.prepare()
	}
	page := ManualPage(cmd)
	if g.UI.Terminal() && openMan(g.Env, page.Name) {
		return
	}
	_ = page.Text(g.UI.Out())
}

// openMan runs man(1) if that has the page.
func openMan(env Env, name string) bool {
	if exec.Command("man", "-w", name).Run() != nil {
		return false
	}
	man := exec.Command("man", name)
	man.Stdin, man.Stdout, man.Stderr = env.Stdin, env.Stdout, env.Stderr
	if p, ok := env.Stdout.(pipe); ok {
		man.Stdout = p.Writer // the terminal itself, for the pager
	}
	return man.Run() == nil
}
