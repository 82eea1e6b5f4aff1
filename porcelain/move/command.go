// SPDX-License-Identifier: Apache-2.0

// Package move is the verb that moves chunks to stores and back.
package move

import (
	"context"
	_ "embed"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/plumbing/copies"
	"github.com/git-devops/git-devops/plumbing/stores"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/carry"
)

//go:embed help.txt
var help string

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	var o carry.Options
	cmd := &cobra.Command{
		Use:     "move [-n] (--to=<store> | --from=<store>) [<tree-ish>] [--] [<pathspec>...]\nmove [-n] (--to=<store> | --from=<store>) --all-versions",
		Short:   "move the content of large files to a store or from one",
		Long:    help,
		GroupID: porcelain.GroupBetween,
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.Validate(cmd, args); err != nil {
				return err
			}
			return run(cmd.Context(), g, &o)
		},
	}
	o.AddFlags(cmd, "move")
	return cmd
}

func run(ctx context.Context, g *porcelain.Globals, o *carry.Options) error {
	w, err := g.Open()
	if err != nil {
		return err
	}
	defer w.Close()
	choice, err := o.Choose(ctx, w)
	if err != nil {
		return err
	}
	s, err := g.Stores(w).Open(ctx, o.Store())
	if err != nil {
		return err
	}
	defer s.Close()
	copied, err := o.Copy(ctx, g, w, s, choice)
	if err != nil || o.DryRun {
		return err
	}
	if err := giveUp(ctx, g, w, s, o, choice, copied); err != nil {
		return err
	}
	return choice.Absent(g, o, copied)
}

// giveUp ends a move: what has been copied goes where it was.
func giveUp(ctx context.Context, g *porcelain.Globals, w *worktree.Worktree, s *stores.Store, o *carry.Options, choice *carry.Choice, copied stores.Copied) error {
	custody, err := copies.Open(w.Repo.CommonDir(), w.Store)
	if err != nil {
		return err
	}
	n, err := porcelain.NumCopies(w)
	if err != nil {
		return err
	}
	m := &mover{g: g, w: w, s: s, custody: custody, numCopies: n}
	ids, err := m.movable(ctx, choice, copied)
	if err == nil && o.To != "" {
		ids, err = m.keepShared(ctx, o, choice, ids)
	}
	if err != nil {
		return err
	}
	others, err := m.openOthers(ctx)
	if err != nil {
		return err
	}
	defer others.Close()
	if o.From != "" {
		return m.deleteThere(ctx, ids)
	}
	return m.dropHere(ctx, ids)
}
