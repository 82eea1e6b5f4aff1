// SPDX-License-Identifier: Apache-2.0

package sync

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/git-devops/git-devops/plumbing/places"
	"github.com/git-devops/git-devops/plumbing/replicate"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
)

// reach opens the places, and unless they are only to be asked fetches their
// branches. It tells which of them failed, and returns how many. The caller
// closes the set.
func reach(ctx context.Context, g *porcelain.Globals, w *worktree.Worktree, names []string, o options) (set places.Set, failed int, err error) {
	var b *branches
	if o.dryRun {
		set, err = g.PlacesBeside(ctx, w, names, o.jobs, nil)
	} else {
		set, b, err = openAndFetch(ctx, g, w, names, o.jobs)
	}
	if err != nil {
		return nil, 0, errors.Join(err, set.Close())
	}
	failed = g.TellUnreached(set)
	if b != nil {
		failed += b.tell(g, set)
	}
	return set, failed, nil
}

func openAndFetch(ctx context.Context, g *porcelain.Globals, w *worktree.Worktree, names []string, jobs int) (places.Set, *branches, error) {
	stall, err := porcelain.StallTimeout(w)
	if err != nil {
		return nil, nil, err
	}
	fetching, err := replicate.Begin(ctx, w.Git, w.Repo.CommonDir())
	if err != nil {
		return nil, nil, err
	}
	b := &branches{w: w, fetching: fetching, stall: stall, errs: map[string]error{}}
	set, err := g.PlacesBeside(ctx, w, names, jobs, b.fetch)
	return set, b, errors.Join(err, fetching.End())
}

// branches fetches the branches of remotes while these are still asked who
// they are.
type branches struct {
	w        *worktree.Worktree
	fetching *replicate.Fetching
	stall    time.Duration

	mu   sync.Mutex // one git at a time: several may bring the same tag
	errs map[string]error
}

// fetch fetches those of one remote. Where git has no connection of ours it may
// have to ask a person for a password, however long that takes.
func (b *branches) fetch(ctx context.Context, remote string, gitEnv []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	stall := b.stall
	if len(gitEnv) == 0 {
		stall = 0
	}
	b.errs[remote] = b.fetching.Branches(ctx, b.w.Git.With(gitEnv...), remote, stall)
}

// tell says which of the remotes that were reached could not give theirs, and
// returns how many.
func (b *branches) tell(g *porcelain.Globals, set places.Set) (failed int) {
	for _, p := range set.Remotes().Reached() {
		if err := b.errs[p.Name]; err != nil {
			g.UI.Errorf("%s: branches: %v", p.Name, err)
			failed++
		}
	}
	return failed
}
