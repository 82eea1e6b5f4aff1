// SPDX-License-Identifier: Apache-2.0

// Package peer is the verb that manages the other machines of a repository.
package peer

import (
	"context"
	_ "embed"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
)

//go:embed help.txt
var help string

type options struct {
	readOnly bool
	keys     []string
}

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use: "peer add <name> <url>\npeer list\npeer remove <name>\npeer check [<name>...]\n" +
			"peer key [--read-only] [--key=<file>...]",
		Short:   "manage the machines to get chunks from",
		Long:    help,
		GroupID: porcelain.GroupBetween,
		Args:    porcelain.SomeArgs("give one of add, list, remove, check, key"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.validate(args[0], args[1:]); err != nil {
				return err
			}
			return run(cmd.Context(), g, o, args[0], args[1:])
		},
	}
	cmd.Flags().BoolVar(&o.readOnly, "read-only", false, "let the key ask for no promises")
	cmd.Flags().StringArrayVar(&o.keys, "key", nil, "the public key in `<file>`, - is standard input")
	return cmd
}

// counts is how many arguments each action takes.
var counts = map[string]struct{ least, most int }{
	"add":    {2, 2},
	"list":   {0, 0},
	"remove": {1, 1},
	"check":  {0, 1 << 20},
	"key":    {0, 0},
}

func (o options) validate(action string, args []string) error {
	n, ok := counts[action]
	switch {
	case !ok:
		return porcelain.Usagef("'%s' is not one of add, list, remove, check, key", action)
	case len(args) < n.least:
		return porcelain.Usagef("peer %s: %d arguments expected, %d given", action, n.least, len(args))
	case len(args) > n.most:
		return porcelain.Usagef("unexpected argument '%s'", args[n.most])
	case o.readOnly && action != "key":
		return porcelain.Usagef("--read-only is for peer key")
	case len(o.keys) > 0 && action != "key":
		return porcelain.Usagef("--key is for peer key")
	}
	return nil
}

func run(ctx context.Context, g *porcelain.Globals, o options, action string, args []string) error {
	w, err := g.Open()
	if err != nil {
		return err
	}
	defer w.Close()
	v := &verb{g, w}
	switch action {
	case "add":
		return v.add(ctx, args[0], args[1])
	case "list":
		return v.list(ctx)
	case "remove":
		return v.remove(ctx, args[0])
	case "check":
		return v.check(ctx, args)
	}
	return v.key(o.keys, o.readOnly)
}

type verb struct {
	g *porcelain.Globals
	w *worktree.Worktree
}
