// SPDX-License-Identifier: Apache-2.0

package porcelain

import (
	"context"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// gitsOwn marks a verb that is git's own: what follows its name is git's, and
// is passed on as it is.
const gitsOwn = "gitsOwn"

// GitVerb returns a verb that is git's own. run is given the arguments of git,
// the name of the verb first.
func GitVerb(use, short, help string, run func(ctx context.Context, args []string) error) *cobra.Command {
	return &cobra.Command{
		Use:         use,
		Short:       short,
		Long:        help,
		GroupID:     GroupHosts,
		Args:        cobra.ArbitraryArgs,
		Annotations: map[string]string{gitsOwn: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(cmd.Context(), append([]string{cmd.Name()}, args...))
		},
	}
}

// RunGit runs git for the person. The error carries its exit code.
func (g *Globals) RunGit(ctx context.Context, args []string) error {
	out := g.Env.Stdout
	if p, ok := out.(pipe); ok {
		out = p.Writer // as the terminal that it may be
	}
	code, err := g.Git().Attach(ctx, g.Env.Stdin, out, g.Env.Stderr, args...)
	if err == nil && code != 0 {
		err = Exit(Code(code), nil)
	}
	return err
}

// passOn keeps what follows a verb of git's from being read as our options, but
// for a question about the verb itself.
func passOn(root *cobra.Command, args []string) []string {
	at := verbAt(root.PersistentFlags(), args)
	if at == len(args) || len(args) == at+2 && (args[at+1] == "-h" || args[at+1] == "--help") {
		return args
	}
	for _, cmd := range root.Commands() {
		if cmd.Name() == args[at] && cmd.Annotations[gitsOwn] != "" {
			return append(append(args[:at:at], args[at], "--"), args[at+1:]...)
		}
	}
	return args
}

// verbAt returns where among the arguments the verb is, behind all options.
func verbAt(flags *pflag.FlagSet, args []string) int {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if !strings.HasPrefix(arg, "-") || arg == "-" || arg == "--" {
			return i
		}
		if takesNext(flags, arg) {
			i++
		}
	}
	return len(args)
}

// takesNext says whether an option's value is the next argument.
func takesNext(flags *pflag.FlagSet, arg string) bool {
	if name, long := strings.CutPrefix(arg, "--"); long {
		f := flags.Lookup(name)
		return f != nil && f.NoOptDefVal == ""
	}
	for i, letter := range arg[1:] {
		f := flags.ShorthandLookup(string(letter))
		if f != nil && f.NoOptDefVal == "" {
			return i+2 == len(arg) // else the rest is the value
		}
	}
	return false
}
