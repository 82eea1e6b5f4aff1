// SPDX-License-Identifier: Apache-2.0

package whereis

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/known"
	"github.com/git-devops/git-devops/plumbing/places"
	"github.com/git-devops/git-devops/plumbing/worktree"
)

// A holder is a place, this repository included, with the chunks that it has.
type holder struct {
	name string
	kind places.Kind
	seen time.Time // when it was asked last; zero for now
	has  map[chunkstore.ID]bool
}

// here is the kind of this repository.
const here places.Kind = "here"

// look finds out what each place has, now or when it was last asked. One that
// was never asked is left out.
func look(ctx context.Context, w *worktree.Worktree, set places.Set, files []worktree.LargeFile) ([]*holder, error) {
	ids := distinct(files)
	self := &holder{name: "here", kind: here, has: map[chunkstore.ID]bool{}}
	for _, id := range ids {
		held, err := w.Store.Has(ctx, id)
		if err != nil {
			return nil, err
		}
		self.has[id] = held
	}
	holders := []*holder{self}
	memory := known.Open(w.Repo.CommonDir())
	for _, p := range set {
		h, err := ask(ctx, p, ids)
		if err != nil {
			h, err = remember(memory, p)
		}
		if err != nil {
			return nil, err
		}
		if h != nil {
			holders = append(holders, h)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return holders, nil
}

func distinct(files []worktree.LargeFile) []chunkstore.ID {
	var ids []chunkstore.ID
	seen := map[chunkstore.ID]bool{}
	for _, f := range files {
		for _, p := range f.Manifest.Pieces {
			if !p.Hole && !seen[p.ID] {
				seen[p.ID] = true
				ids = append(ids, p.ID)
			}
		}
	}
	return ids
}

// ask asks a place that was reached.
func ask(ctx context.Context, p *places.Place, ids []chunkstore.ID) (*holder, error) {
	if p.Err != nil {
		return nil, p.Err
	}
	have, err := p.Source.Have(ctx, ids)
	if err != nil {
		return nil, err
	}
	h := &holder{name: p.Name, kind: p.Kind, has: make(map[chunkstore.ID]bool, len(ids))}
	for i, id := range ids {
		h.has[id] = have[i]
	}
	return h, nil
}

// remember returns what a place had, nil when it was never asked.
func remember(memory *known.Known, p *places.Place) (*holder, error) {
	s, err := memory.Load(p.KnownAs())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	h := &holder{name: p.Name, kind: p.Kind, seen: s.When, has: make(map[chunkstore.ID]bool, len(s.IDs))}
	for _, id := range s.IDs {
		h.has[id] = true
	}
	return h, nil
}
