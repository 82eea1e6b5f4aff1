// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"context"
	"errors"

	"github.com/git-devops/git-devops/chunkstore"
)

// absences collects chunks that are not in the repository, each once.
type absences struct {
	w      *Worktree
	seen   map[chunkstore.ID]bool
	pieces []chunkstore.Piece
}

func (w *Worktree) newAbsences() *absences {
	return &absences{w: w, seen: map[chunkstore.ID]bool{}}
}

// add adds what is absent of pieces, but for what seed, unless nil, has: that
// is taken from the file.
func (a *absences) add(pieces []chunkstore.Piece, seed *chunkstore.Manifest) error {
	inSeed := map[chunkstore.ID]bool{}
	if seed != nil {
		for _, p := range seed.Pieces {
			inSeed[p.ID] = true
		}
	}
	for _, p := range pieces {
		if p.Hole || a.seen[p.ID] || inSeed[p.ID] {
			continue
		}
		a.seen[p.ID] = true
		err := a.w.Store.Present(p.ID)
		if _, missing := errors.AsType[*chunkstore.MissingError](err); missing {
			a.pieces = append(a.pieces, chunkstore.Piece{ID: p.ID, Length: p.Length})
		} else if err != nil {
			return err
		}
	}
	return nil
}

// fetchAbsent has the absent ones of pieces fetched.
func (w *Worktree) fetchAbsent(ctx context.Context, pieces []chunkstore.Piece) error {
	if w.Fetch == nil {
		return nil
	}
	a := w.newAbsences()
	if err := a.add(pieces, nil); err != nil || len(a.pieces) == 0 {
		return err
	}
	return w.Fetch(ctx, a.pieces)
}
