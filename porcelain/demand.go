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
	result, err := d.g.Transfer(d.w, size, func(o transfer.Options) (transfer.Result, error) {
		return replicate.Chunks(ctx, d.w.Store, absent, d.set.Sources(), o)
	})
	for _, s := range result.Sources {
		d.g.TellFailed(s, true) // what is missing is for the caller to tell
	}
	return err
}

func (d *demand) close() { _ = d.set.Close() }
