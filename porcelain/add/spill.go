// SPDX-License-Identifier: Apache-2.0

package add

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/copies"
	"github.com/git-devops/git-devops/plumbing/places"
	"github.com/git-devops/git-devops/plumbing/spill"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// leastRoom is the least room that chunks can be spilled through, in the
// longest chunks: one part on its way out, and some to make it from.
const leastRoom = 4

// allPlaces is what --spill without a name means.
const allPlaces = "*"

// spilling returns how chunks leave: to the places with these names, or to all.
// close ends the connections.
func spilling(ctx context.Context, g *porcelain.Globals, w *worktree.Worktree, names []string) (o *worktree.Spill, close func(), err error) {
	room, err := room(w)
	if err != nil {
		return nil, nil, err
	}
	if least := leastRoom * int64(w.Params.Max); room < least {
		return nil, nil, fmt.Errorf("there is room for %s of chunks, and %s is the least: raise devops.cacheLimit or free space", ui.Size(room), ui.Size(least))
	}
	numCopies, err := porcelain.NumCopies(w)
	if err != nil {
		return nil, nil, err
	}
	custody, err := copies.Open(w.Repo.CommonDir(), w.Store)
	if err != nil {
		return nil, nil, err
	}
	if slices.Contains(names, allPlaces) {
		names = nil
	}
	set, err := g.Places(ctx, w, names)
	if err != nil {
		return nil, nil, err
	}
	g.TellUnreached(set)
	s := &spill.Spiller{Repo: w.Repo, Git: w.Git, Store: w.Store, Custody: custody, Places: set, NumCopies: numCopies, Waiting: waiting(g, set)}
	return &worktree.Spill{Part: room / 2, Out: s.Out}, func() { _ = set.Close() }, nil
}

// waiting says once that it is for peers to act.
func waiting(g *porcelain.Globals, set places.Set) func(int) {
	told := false
	return func(chunks int) {
		if !told {
			told = true
			g.UI.Warnf("waiting for peers to take %d chunks: 'git devops sync' there, with devops.takeOffers on, does so", chunks)
		}
	}
}

// room is how many bytes of chunks may be added here: up to devops.cacheLimit,
// and never more than half of the free disk.
func room(w *worktree.Worktree) (int64, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(w.Repo.ObjectsDir(), &fs); err != nil {
		return 0, fmt.Errorf("look for free space: %w", err)
	}
	room := int64(fs.Bavail) * fs.Bsize / 2
	limit, err := w.Repo.ConfigInt("devops.cachelimit", 0)
	if err != nil || limit == 0 {
		return room, err
	}
	used, _, err := w.Store.DiskUsage()
	return min(room, max(0, limit-used)), err
}
