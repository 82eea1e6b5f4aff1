// SPDX-License-Identifier: Apache-2.0

// Package completion is the command, used by the build, that writes the
// completion script for a shell. The script asks the program itself what could
// come next, so it never falls behind. How shells find it as `git devops` and
// `gdo` is in contrib/completions.
package completion

import (
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/porcelain"
)

// Command returns the hidden verb.
func Command(g *porcelain.Globals) *cobra.Command {
	return &cobra.Command{
		Use:       "completion (bash|zsh|fish)",
		Short:     "write the completion script for a shell",
		ValidArgs: []string{"bash", "zsh", "fish"},
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(g, cmd.Root(), args[0])
		},
	}
}

func run(g *porcelain.Globals, root *cobra.Command, shell string) error {
	switch out := g.UI.Out(); shell {
	case "bash":
		return root.GenBashCompletionV2(out, true)
	case "zsh":
		return zsh(out, root)
	default:
		return root.GenFishCompletion(out, true)
	}
}

// zsh writes the script so that it serves gdo, and git's own completion, which
// calls _git-devops with the verb as the first word: it must run the program by
// its name, not by that word.
func zsh(out io.Writer, root *cobra.Command) error {
	var b strings.Builder
	if err := root.GenZshCompletion(&b); err != nil {
		return err
	}
	script := b.String()
	for _, r := range [][2]string{
		{"#compdef git-devops\n", "#compdef git-devops gdo\n"},
		{"compdef _git-devops git-devops\n", "compdef _git-devops git-devops gdo\n"},
		{`requestComp="${words[1]} __complete `, `requestComp="git-devops __complete `},
	} {
		if !strings.Contains(script, r[0]) {
			panic("internal error: the zsh script of cobra has changed: no " + r[0])
		}
		script = strings.Replace(script, r[0], r[1], 1)
	}
	_, err := io.WriteString(out, script)
	return err
}
