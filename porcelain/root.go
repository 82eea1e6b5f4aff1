// SPDX-License-Identifier: Apache-2.0

package porcelain

import (
	_ "embed"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

//go:embed help.txt
var rootHelp string

// The groups of verbs, for the GroupID of their commands. Verbs without a
// group are plumbing: hidden from lists, described in the manual.
const (
	GroupStart   = "start"
	GroupLarge   = "large"
	GroupBetween = "between"
	GroupHosts   = "hosts"
	GroupTrust   = "trust"
)

// Groups returns the groups in the order they are listed in.
func Groups() []*cobra.Group {
	return []*cobra.Group{
		{ID: GroupStart, Title: "start"},
		{ID: GroupLarge, Title: "large files"},
		{ID: GroupBetween, Title: "between machines"},
		{ID: GroupHosts, Title: "hosts"},
		{ID: GroupTrust, Title: "trust"},
	}
}

// Root returns the command `git devops` with the given verbs.
func Root(g *Globals, verbs []*cobra.Command) *cobra.Command {
	root := &cobra.Command{
		Use:                        "git-devops [-C <dir>] [--json] [-q] [-v] <verb> [<args>]",
		Short:                      "large files, machines and releases in ordinary git repositories",
		Long:                       rootHelp,
		Annotations:                map[string]string{cobra.CommandDisplayNameAnnotation: "git devops"},
		SilenceErrors:              true,
		SuggestionsMinimumDistance: 2,
		SilenceUsage:               true,
		CompletionOptions:          cobra.CompletionOptions{DisableDefaultCmd: true},
		Args:                       cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runRoot(g, cmd, args)
		},
	}
	root.AddGroup(Groups()...)
	root.AddCommand(verbs...)
	root.SetHelpCommand(helpCommand(g, root))
	root.InitDefaultHelpCmd()
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { showManual(g, cmd) })
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return flagError(err) })
	root.SetOut(g.Env.Stdout)
	root.SetErr(g.Env.Stderr)
	g.addFlags(root.PersistentFlags())
	root.Flags().BoolVar(&g.version, "version", false, "print the version")
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		g.choose(cmd)
		return g.prepare()
	}
	settle(g, root)
	return root
}

// settle gives cmd and its subcommands the manners they share.
func settle(g *Globals, cmd *cobra.Command) {
	cmd.DisableFlagsInUseLine = true
	cmd.Flags().SortFlags = false
	check := cmd.Args
	if check == nil {
		check = noArgs
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if g.usage {
			printUsage(g.Env.Stdout, cmd)
			return Exit(Usage, nil)
		}
		if err := check(cmd, args); err != nil {
			return Exit(Usage, err)
		}
		return nil
	}
	for _, sub := range cmd.Commands() {
		sub.Hidden = sub.GroupID == ""
		settle(g, sub)
	}
}

// noArgs is for commands that set no Args.
func noArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("unexpected argument '%s'", args[0])
	}
	return nil
}

// runRoot is the program without a verb.
func runRoot(g *Globals, cmd *cobra.Command, args []string) error {
	switch {
	case g.version:
		g.UI.Print(Build())
		return nil
	case len(args) == 0:
		printUsage(g.UI.Out(), cmd)
		return Exit(Usage, nil)
	}
	return Exit(Usage, unknownVerb{args[0], cmd.SuggestionsFor(args[0])})
}

type unknownVerb struct {
	name    string
	similar []string
}

func (u unknownVerb) Error() string {
	return fmt.Sprintf("'%s' is not a git devops verb", u.name)
}

// Hint names the verbs that are spelled alike.
func (u unknownVerb) Hint() string {
	if len(u.similar) == 0 {
		return "see 'git devops -h'"
	}
	return "did you mean 'git devops " + strings.Join(u.similar, "' or 'git devops ") + "'?"
}

// flagError words errors about options as git does.
func flagError(err error) error {
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok {
		what := "option"
		if e.GetSpecifiedShortnames() != "" {
			what = "switch"
		}
		return Usagef("unknown %s `%s'", what, e.GetSpecifiedName())
	}
	return Exit(Usage, err)
}
