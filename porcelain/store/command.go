// SPDX-License-Identifier: Apache-2.0

// Package store is the verb that manages the stores of a repository.
package store

import (
	"context"
	_ "embed"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/plumbing/stores"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
)

//go:embed help.txt
var help string

type options struct {
	recipients []string
	read       bool
	repair     bool // implies read
	force      bool
	reason     string
}

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:     "store add [--recipient=<key>...] <name> <url>\nstore list\nstore remove <name>\nstore check [--read | --repair [--force --reason=<text>]] [<name>...]",
		Short:   "manage disks and buckets that keep chunks",
		Long:    help,
		GroupID: porcelain.GroupBetween,
		Args:    porcelain.SomeArgs("give one of add, list, remove, check"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.validate(args[0], args[1:]); err != nil {
				return err
			}
			return run(cmd.Context(), g, o, args[0], args[1:])
		},
	}
	cmd.Flags().StringArrayVar(&o.recipients, "recipient", nil, "encrypt to this age or ssh public `<key>`")
	cmd.Flags().BoolVar(&o.read, "read", false, "read and verify every chunk")
	cmd.Flags().BoolVar(&o.repair, "repair", false, "read, and replace damaged chunks by good copies")
	cmd.Flags().BoolVar(&o.force, "force", false, "delete damaged chunks without a good copy")
	cmd.Flags().StringVar(&o.reason, "reason", "", "why, for the log: `<text>`")
	return cmd
}

// counts is how many arguments each action takes.
var counts = map[string]struct{ least, most int }{
	"add":    {2, 2},
	"list":   {0, 0},
	"remove": {1, 1},
	"check":  {0, 1 << 20},
}

func (o options) validate(action string, args []string) error {
	n, ok := counts[action]
	switch {
	case !ok:
		return porcelain.Usagef("'%s' is not one of add, list, remove, check", action)
	case len(args) < n.least:
		return porcelain.Usagef("store %s: %d arguments expected, %d given", action, n.least, len(args))
	case len(args) > n.most:
		return porcelain.Usagef("unexpected argument '%s'", args[n.most])
	case len(o.recipients) > 0 && action != "add":
		return porcelain.Usagef("--recipient is for store add")
	case (o.read || o.repair) && action != "check":
		return porcelain.Usagef("--read and --repair are for store check")
	case o.force && !o.repair:
		return porcelain.Usagef("--force is for store check --repair")
	}
	return porcelain.CheckForce(o.force, o.reason)
}

func run(ctx context.Context, g *porcelain.Globals, o options, action string, args []string) error {
	w, err := g.Open()
	if err != nil {
		return err
	}
	defer w.Close()
	v := &verb{g: g, w: w, stores: g.Stores(w)}
	switch action {
	case "add":
		return v.add(ctx, args[0], args[1], o.recipients)
	case "list":
		return v.list(ctx)
	case "remove":
		return v.remove(ctx, args[0])
	}
	o.read = o.read || o.repair
	return v.check(ctx, args, o)
}

type verb struct {
	g      *porcelain.Globals
	w      *worktree.Worktree
	stores *stores.Stores
}
