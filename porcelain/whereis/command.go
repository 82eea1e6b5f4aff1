// SPDX-License-Identifier: Apache-2.0

// Package whereis is the verb that tells where the copies of files are.
package whereis

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/plumbing/places"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

//go:embed help.txt
var help string

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	var offline bool
	cmd := &cobra.Command{
		Use:     "whereis [--offline] [<tree-ish>] [--] [<pathspec>...]",
		Short:   "tell where the copies of files are",
		Long:    help,
		GroupID: porcelain.GroupBetween,
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(cmd.Context(), g, offline, args, cmd.ArgsLenAtDash())
		},
	}
	cmd.Flags().BoolVar(&offline, "offline", false, "ask nobody, and tell what is known")
	return cmd
}

func run(ctx context.Context, g *porcelain.Globals, offline bool, args []string, dash int) error {
	w, err := g.Open()
	if err != nil {
		return err
	}
	defer w.Close()
	numCopies, err := porcelain.NumCopies(w)
	if err != nil {
		return err
	}
	tree, paths, err := porcelain.TreeAndPaths(w.Repo, args, dash)
	if err != nil {
		return err
	}
	files, unreadable, err := list(ctx, g, w, tree, paths)
	if err != nil {
		return err
	}
	set, err := open(ctx, g, w, offline)
	if err != nil {
		return err
	}
	defer set.Close()
	holders, err := look(ctx, w, set.Distinct(), files)
	if err != nil {
		return err
	}
	few := 0
	for _, f := range count(files, holders, numCopies) {
		g.UI.Print(f)
		if f.Copies < f.NumCopies {
			few++
		}
	}
	if few > 0 {
		return porcelain.Exit(porcelain.Differs, fmt.Errorf("%d of %d large files have fewer than %d copies", few, len(files), numCopies))
	}
	return porcelain.Unreadable(unreadable)
}

func list(ctx context.Context, g *porcelain.Globals, w *worktree.Worktree, tree string, pathspecs []string) (files []worktree.LargeFile, unreadable int, err error) {
	err = w.List(ctx, tree, pathspecs, func(f worktree.LargeFile) error {
		if f.Err == nil {
			files = append(files, f)
			return nil
		}
		g.UI.Errorf("%s: %v", ui.Path(f.Path), f.Err)
		unreadable++
		return nil
	})
	return files, unreadable, err
}

// open opens every place, or only lists them.
func open(ctx context.Context, g *porcelain.Globals, w *worktree.Worktree, offline bool) (places.Set, error) {
	if offline {
		return g.PlacesUnasked(ctx, w)
	}
	set, err := g.Places(ctx, w, nil)
	g.TellUnreached(set)
	return set, err
}

// count tells of each file where it is, those with the fewest copies first.
func count(files []worktree.LargeFile, holders []*holder, numCopies int) []file {
	counted := make([]file, len(files))
	for i, f := range files {
		counted[i] = newFile(f, holders, numCopies)
	}
	slices.SortStableFunc(counted, func(a, b file) int { return cmp.Compare(min(a.Copies, numCopies), min(b.Copies, numCopies)) })
	return counted
}
