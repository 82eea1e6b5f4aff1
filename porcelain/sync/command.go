// SPDX-License-Identifier: Apache-2.0

// Package sync is the verb that brings a repository up to date with its peers.
package sync

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/offer"
	"github.com/git-devops/git-devops/plumbing/places"
	"github.com/git-devops/git-devops/plumbing/replicate"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
)

//go:embed help.txt
var help string

type options struct {
	allVersions, metadataOnly, dryRun bool
	jobs                              int
}

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:     "sync [-n] [-j<n>] [--all-versions | --metadata-only] [<peer>...]",
		Short:   "fetch branches, and the chunks that they need",
		Long:    help,
		GroupID: porcelain.GroupBetween,
		Args:    cobra.ArbitraryArgs,
		RunE:    func(cmd *cobra.Command, args []string) error { return run(cmd.Context(), g, o, args) },
	}
	f := cmd.Flags()
	f.BoolVarP(&o.dryRun, "dry-run", "n", false, "only show what would come from where")
	f.BoolVar(&o.allVersions, "all-versions", false, "fetch the chunks of every version of every branch")
	f.BoolVar(&o.metadataOnly, "metadata-only", false, "fetch branches and no chunks")
	f.IntVarP(&o.jobs, "jobs", "j", 0, "ask at most `<n>` places at a time")
	cmd.MarkFlagsMutuallyExclusive("all-versions", "metadata-only")
	return cmd
}

func run(ctx context.Context, g *porcelain.Globals, o options, names []string) error {
	if o.jobs < 0 {
		return porcelain.Usagef("--jobs takes a number of places, not %d", o.jobs)
	}
	w, err := g.Open()
	if err != nil {
		return err
	}
	defer w.Close()
	unlock, err := replicate.Lock(w.Repo.CommonDir())
	if err != nil {
		return err
	}
	defer unlock()
	set, failed, err := reach(ctx, g, w, names, o)
	if err != nil {
		return err
	}
	defer set.Close()
	if len(set.Reached()) == 0 {
		return outcome(failed, len(set))
	}
	if !o.metadataOnly {
		if err := chunks(ctx, g, w, set, o); err != nil {
			return err
		}
	}
	return outcome(failed, len(set))
}

// chunks fetches what the branch that is followed needs, and keeps to the limit.
func chunks(ctx context.Context, g *porcelain.Globals, w *worktree.Worktree, set places.Set, o options) error {
	need := worktree.NewNeed()
	var err error
	if !o.allVersions {
		need.Except, err = onRoot(ctx, w)
	}
	if err == nil {
		err = addNeeded(ctx, w, set, need, o.allVersions)
	}
	if err != nil {
		return err
	}
	if err := g.Fetch(ctx, w, need, set, porcelain.FetchOptions{DryRun: o.dryRun, Jobs: o.jobs}); err != nil || o.dryRun || o.allVersions {
		return err
	}
	return trim(ctx, g, w, set, need)
}

// addNeeded adds what is to be here.
func addNeeded(ctx context.Context, w *worktree.Worktree, set places.Set, need *worktree.Need, allVersions bool) error {
	if allVersions {
		return w.AddAll(ctx, need)
	}
	var remotes []string
	for _, p := range set.Remotes() {
		remotes = append(remotes, p.Name)
	}
	revs, err := replicate.Followed(ctx, w.Git, remotes)
	for _, rev := range revs {
		err = errors.Join(err, w.AddTree(ctx, need, rev, nil))
	}
	return errors.Join(err, addOffered(ctx, w, need))
}

// addOffered adds what peers have no room for, where the person has agreed to
// take that.
func addOffered(ctx context.Context, w *worktree.Worktree, need *worktree.Need) error {
	take, err := w.Repo.ConfigBool("devops.takeoffers", false)
	if err != nil || !take {
		return err
	}
	return offer.Each(ctx, w.Repo, w.Git, func(peer string, chunks []chunkstore.Piece, err error) error {
		if err != nil {
			need.Unreadable["the offer of "+peer] = err
			return nil
		}
		return w.AddPieces(ctx, need, chunks)
	})
}

// outcome is the error for places that failed, when the rest went well.
func outcome(failed, all int) error {
	if failed == 0 {
		return nil
	}
	err := fmt.Errorf("%d of %d places failed", failed, all)
	if failed == all {
		return porcelain.Exit(porcelain.Fatal, err)
	}
	return porcelain.Exit(porcelain.Partial, err)
}
