// SPDX-License-Identifier: Apache-2.0

package sync

import (
	"context"
	"fmt"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/apply"
	"github.com/git-devops/git-devops/plumbing/copies"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/host"
	"github.com/git-devops/git-devops/plumbing/places"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// onRoot returns the chunks that a host need not keep: its root has them. In
// any other repository there are none.
func onRoot(ctx context.Context, w *worktree.Worktree) (map[chunkstore.ID]bool, error) {
	is, err := host.Is(w.Repo)
	if err != nil || !is {
		return nil, err
	}
	e, err := apply.Open(w, "")
	if err != nil {
		return nil, err
	}
	defer e.Close()
	return e.OnRoot(ctx)
}

// trimRoot drops the chunks that the root has and others are proved to have.
func trimRoot(ctx context.Context, g *porcelain.Globals, w *worktree.Worktree, set places.Set, root map[chunkstore.ID]bool) error {
	var ids []chunkstore.ID
	err := w.Store.EachByAge(ctx, func(id chunkstore.ID, _ int64) error {
		if root[id] {
			ids = append(ids, id)
		}
		return nil
	})
	if err != nil || len(ids) == 0 {
		return err
	}
	t := trimmed{}
	if err := t.drop(ctx, w, set, ids); err != nil {
		return err
	}
	if t.Chunks > 0 || g.UI.JSON() {
		g.UI.Info(t)
	}
	return nil
}

// trim brings what chunks take up on the disk below devops.cacheLimit: it
// drops some that neither the branch followed nor the index needs, where other
// copies are proved.
func trim(ctx context.Context, g *porcelain.Globals, w *worktree.Worktree, set places.Set, need *worktree.Need) error {
	limit, err := w.Repo.ConfigInt("devops.cachelimit", 0)
	if err == nil && limit <= 0 && len(need.Except) > 0 {
		return trimRoot(ctx, g, w, set, need.Except)
	}
	if err != nil || limit <= 0 {
		return err
	}
	used, _, err := w.Store.DiskUsage()
	if err != nil || used <= limit {
		return err
	}
	trimmed, tried := trimmed{Left: used}, map[chunkstore.ID]bool{}
	for trimmed.Left > limit {
		ids, err := unneeded(ctx, w, need, tried, trimmed.Left-limit)
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			break
		}
		if err := trimmed.drop(ctx, w, set, ids); err != nil {
			return err
		}
	}
	if trimmed.Chunks > 0 || g.UI.JSON() {
		g.UI.Info(trimmed)
	}
	if trimmed.Left > limit {
		g.UI.Warnf("chunks take up %s, more than devops.cacheLimit: the rest is needed here, or has too few other copies", ui.Size(trimmed.Left))
	}
	return nil
}

// unneeded returns chunks that are held, not needed and not tried yet, which
// came first and take up so many bytes, or all of them.
func unneeded(ctx context.Context, w *worktree.Worktree, need *worktree.Need, tried map[chunkstore.ID]bool, bytes int64) (ids []chunkstore.ID, err error) {
	if err := w.AddTree(ctx, need, "", nil); err != nil && w.Repo.WorkTree() != "" {
		return nil, err
	}
	err = w.Store.EachByAge(ctx, func(id chunkstore.ID, size int64) error {
		if bytes > 0 && !need.Has(id) && !tried[id] {
			tried[id] = true
			ids = append(ids, id)
			bytes -= size
		}
		return nil
	})
	return ids, err
}

// trimmed is what was done for the limit's sake.
type trimmed struct {
	Chunks  int   `json:"chunks"`  // dropped
	Refused int   `json:"refused"` // without proof of other copies
	Left    int64 `json:"left"`    // bytes that chunks take up
}

// drop drops those of ids that others are proved to have, and frees their room.
func (t *trimmed) drop(ctx context.Context, w *worktree.Worktree, set places.Set, ids []chunkstore.ID) error {
	numCopies, err := porcelain.NumCopies(w)
	if err != nil {
		return err
	}
	custody, err := copies.Open(w.Repo.CommonDir(), w.Store)
	if err != nil {
		return err
	}
	keepers, witnesses := set.Proofs()
	result, err := copies.Drop(ctx, custody, ids, copies.DropOptions{NumCopies: numCopies, Keepers: keepers, Witnesses: witnesses})
	if err == nil {
		_, err = w.Store.GC(ctx, gitstore.GCOptions{})
	}
	if err != nil {
		return err
	}
	t.Chunks += len(result.Dropped)
	t.Refused += len(result.Refused)
	t.Left, _, err = w.Store.DiskUsage()
	return err
}

// Type implements ui.Record.
func (trimmed) Type() string { return "trim" }

// Text implements ui.Record.
func (t trimmed) Text(*ui.UI) string {
	return fmt.Sprintf("dropped %d chunks that are not needed here; the others take up %s", t.Chunks, ui.Size(t.Left))
}
