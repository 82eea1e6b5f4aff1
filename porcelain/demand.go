// SPDX-License-Identifier: Apache-2.0

package porcelain

import (
	"context"
	"sync"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/places"
	"github.com/git-devops/git-devops/plumbing/replicate"
	"github.com/git-devops/git-devops/plumbing/transfer"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// FetchOnDemand lets w fetch absent chunks by itself, unless devops.autoGet is
// off. Places are opened when they are first needed; done closes them.
func (g *Globals) FetchOnDemand(w *worktree.Worktree) (done func(), err error) {
	on, err := w.Repo.ConfigBool("devops.autoget", true)
	if err != nil || !on {
		return func() {}, err
	}
	d := &demand{g: g, w: w}
	w.Fetch = d.fetch
	return d.close, nil
}

// A demand fetches chunks for files that are about to be written.
type demand struct {
	g *Globals
	w *worktree.Worktree

	mu     sync.Mutex // one fetch at a time: git may ask for several files
	opened bool
	set    places.Set
}

func (d *demand) fetch(ctx context.Context, absent []chunkstore.Piece) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.opened {
		set, err := d.g.OpenPlaces(ctx, d.w)
		if err != nil {
			return err
		}
		d.opened, d.set = true, set
		d.g.TellUnreached(set)
	}
	var size int64
	for _, p := range absent {
		size += p.Length
	}
	progress := d.g.UI.Progress("Fetching chunks", ui.Bytes, size)
	result, err := replicate.Chunks(ctx, d.w.Store, absent, d.set.Sources(), transfer.Options{
		Progress: func(_ string, n int64) { progress.Add(n) },
	})
	progress.End(err)
	for _, s := range result.Sources {
		if s.Err != nil {
			d.g.UI.Warnf("%s: %v", s.Name, s.Err)
		}
	}
	return err
}

func (d *demand) close() { _ = d.set.Close() }
