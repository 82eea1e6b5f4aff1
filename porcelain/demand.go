// SPDX-License-Identifier: Apache-2.0

package porcelain

import (
	"context"
	"fmt"
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

// FetchLacking fetches what need says is lacking, unless devops.autoGet is off.
// When some of it can be had nowhere, its error ends the command with Missing.
func (g *Globals) FetchLacking(ctx context.Context, w *worktree.Worktree, need func(context.Context) (*worktree.Need, error)) error {
	n, err := need(ctx)
	if err != nil || len(n.Lacking) == 0 {
		return err
	}
	done, err := g.FetchOnDemand(w)
	if err != nil {
		return err
	}
	defer done()
	if w.Fetch != nil {
		if err := w.Fetch(ctx, n.Lacking); err != nil {
			return err
		}
		if n, err = need(ctx); err != nil {
			return err
		}
	}
	if len(n.Lacking) > 0 {
		return Exit(Missing, &lackingError{len(n.Lacking), n.Files})
	}
	return nil
}

// lackingError says that chunks are nowhere, so that nothing was begun.
type lackingError struct{ chunks, files int }

func (e *lackingError) Error() string {
	return fmt.Sprintf("%d chunks that %d files need could not be had; nothing was changed", e.chunks, e.files)
}

// Hint says what to do.
func (*lackingError) Hint() string {
	return "'git devops whereis' tells who has them, 'git devops sync' fetches them"
}
