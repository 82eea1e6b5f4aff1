// SPDX-License-Identifier: Apache-2.0

// Package get is the verb that fetches the chunks of chosen files.
package get

import (
	"context"
	_ "embed"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/plumbing/places"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
)

//go:embed help.txt
var help string

type options struct {
	dryRun      bool
	allVersions bool
	from        []string
}

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:     "get [-n] [--from=<place>]... [<tree-ish>] [--] [<pathspec>...]\nget [-n] [--from=<place>]... --all-versions",
		Short:   "fetch the chunks of chosen files",
		Long:    help,
		GroupID: porcelain.GroupBetween,
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(cmd.Context(), g, o, args, cmd.ArgsLenAtDash())
		},
	}
	f := cmd.Flags()
	f.BoolVarP(&o.dryRun, "dry-run", "n", false, "only show what would come from where")
	f.BoolVar(&o.allVersions, "all-versions", false, "fetch the chunks of every version of every branch")
	f.StringArrayVar(&o.from, "from", nil, "ask only this peer or store (`<place>`)")
	return cmd
}

func run(ctx context.Context, g *porcelain.Globals, o options, args []string, dash int) error {
	if o.allVersions && len(args) > 0 {
		return porcelain.Usagef("--all-versions and paths exclude each other")
	}
	w, err := g.Open()
	if err != nil {
		return err
	}
	defer w.Close()
	need, err := needed(ctx, w, o, args, dash)
	if err != nil {
		return err
	}
	set, err := opened(ctx, g, w, need, o.from)
	if err != nil {
		return err
	}
	defer set.Close()
	g.TellUnreached(set)
	return g.Fetch(ctx, w, need, set, porcelain.FetchOptions{DryRun: o.dryRun})
}

func needed(ctx context.Context, w *worktree.Worktree, o options, args []string, dash int) (*worktree.Need, error) {
	need := worktree.NewNeed()
	if o.allVersions {
		return need, w.AddAll(ctx, need)
	}
	tree, paths, err := porcelain.TreeAndPaths(w.Repo, args, dash)
	if err != nil {
		return nil, err
	}
	return need, w.AddTree(ctx, need, tree, paths)
}

// opened opens the places unless nothing is lacking.
func opened(ctx context.Context, g *porcelain.Globals, w *worktree.Worktree, need *worktree.Need, names []string) (places.Set, error) {
	if len(need.Lacking) == 0 {
		return nil, nil
	}
	return g.Places(ctx, w, names)
}
