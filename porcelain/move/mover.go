// SPDX-License-Identifier: Apache-2.0

package move

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/copies"
	"github.com/git-devops/git-devops/plumbing/places"
	"github.com/git-devops/git-devops/plumbing/stores"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/carry"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// atOnce is how many chunks are given up in one step.
const atOnce = copies.MaxIDs / 2

// mover gives up one side's chunks once the other has them.
type mover struct {
	g         *porcelain.Globals
	w         *worktree.Worktree
	s         *stores.Store
	custody   *copies.Custody
	numCopies int
	// Who else can prove that there are copies.
	keepers   []copies.Keeper
	witnesses []copies.Witness
}

// openOthers reaches the other places, if more copies are asked for than that
// of the side which keeps the chunks.
func (m *mover) openOthers(ctx context.Context) (places.Set, error) {
	m.witnesses = []copies.Witness{m.s}
	if m.numCopies == 1 {
		return nil, nil
	}
	set, err := m.g.OpenPlaces(ctx, m.w)
	if err != nil {
		return nil, err
	}
	m.g.TellUnreached(set)
	keepers, witnesses := set.Proofs()
	m.keepers, m.witnesses = keepers, append(m.witnesses, witnesses...)
	return set, nil
}

// movable returns the chunks, each once, that both sides have now.
func (m *mover) movable(ctx context.Context, choice *carry.Choice, copied stores.Copied) (ids []chunkstore.ID, err error) {
	seen := map[chunkstore.ID]bool{}
	for _, p := range choice.Pieces() {
		if p.Hole || seen[p.ID] || copied.Absent[p.ID] != nil {
			continue
		}
		seen[p.ID] = true
		held, err := m.w.Store.Has(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		if held {
			ids = append(ids, p.ID)
		}
	}
	return ids, nil
}

// keepShared takes out of ids what files of the index need that were not
// chosen: they stay here.
func (m *mover) keepShared(ctx context.Context, o *carry.Options, choice *carry.Choice, ids []chunkstore.ID) ([]chunkstore.ID, error) {
	if o.AllVersions {
		return ids, nil
	}
	chosen := map[ui.Path]bool{}
	for _, f := range choice.Files {
		chosen[f.Path] = true
	}
	needed := map[chunkstore.ID]bool{}
	err := m.w.List(ctx, "", nil, func(f worktree.LargeFile) error {
		if f.Manifest == nil || chosen[ui.Path(f.Path)] {
			return nil
		}
		for _, p := range f.Manifest.Pieces {
			needed[p.ID] = true
		}
		return nil
	})
	return slices.DeleteFunc(ids, func(id chunkstore.ID) bool { return needed[id] }), err
}

// dropHere drops the chunks that the store, or others, are proved to have.
func (m *mover) dropHere(ctx context.Context, ids []chunkstore.ID) error {
	moved := record{Store: m.s.Name(), To: true}
	progress := m.g.UI.Progress("Dropping", ui.Count, int64(len(ids)))
	var err error
	for some := range slices.Chunk(ids, atOnce) {
		var result copies.Result
		result, err = copies.Drop(ctx, m.custody, some, copies.DropOptions{
			NumCopies: m.numCopies, Keepers: m.keepers, Witnesses: m.witnesses, Progress: progress.Add,
		})
		moved.Chunks += len(result.Dropped)
		moved.Kept += len(result.Refused)
		for _, asked := range result.Asked {
			if asked.Err != nil {
				m.g.UI.Warnf("%s: %v", asked.Name, asked.Err)
			}
		}
		if err != nil {
			break
		}
	}
	progress.End(err)
	return m.tell(moved, err)
}

// deleteThere deletes the chunks in the store, while this repository promises
// to keep its own.
func (m *mover) deleteThere(ctx context.Context, ids []chunkstore.ID) error {
	moved := record{Store: m.s.Name()}
	progress := m.g.UI.Progress("Deleting", ui.Count, int64(len(ids)))
	var err error
	for some := range slices.Chunk(ids, atOnce) {
		if err = m.verifyHere(ctx, some); err != nil {
			break
		}
		var deleted []chunkstore.ID
		deleted, err = m.deleteSome(ctx, some, progress.Add)
		moved.Chunks += len(deleted)
		moved.Kept += len(some) - len(deleted)
		if err != nil {
			break
		}
	}
	progress.End(err)
	return m.tell(moved, err)
}

func (m *mover) deleteSome(ctx context.Context, ids []chunkstore.ID, progress func(int64)) ([]chunkstore.ID, error) {
	guard, err := copies.NewGuard(ctx, m.custody, ids, copies.DropOptions{NumCopies: m.numCopies, Keepers: m.keepers})
	if err != nil {
		return nil, err
	}
	defer guard.Release()
	return m.s.DeleteGuarded(ctx, guard, progress)
}

// verifyHere reads our copies: what the store has is perhaps the only good one.
func (m *mover) verifyHere(ctx context.Context, ids []chunkstore.ID) error {
	for _, id := range ids {
		if _, err := m.w.Store.Get(ctx, id); err != nil {
			return fmt.Errorf("nothing was deleted in store '%s': %w", m.s.Name(), err)
		}
	}
	return nil
}

// tell says what was moved, and returns the error to end with.
func (m *mover) tell(moved record, err error) error {
	m.g.UI.Info(moved)
	switch {
	case err != nil:
		return err
	case moved.Kept > 0:
		m.g.UI.Hintf("devops.numCopies asks for %d other copies; 'git devops whereis' shows where there are any", m.numCopies)
		return porcelain.Exit(porcelain.Missing, errors.New(moved.kept()))
	}
	return nil
}

type record struct {
	Store  string `json:"store"`
	To     bool   `json:"to"`
	Chunks int    `json:"chunks"`
	Kept   int    `json:"kept"`
}

func (r record) kept() string {
	if r.To {
		return fmt.Sprintf("%d chunks stay here: there is no proof of enough other copies", r.Kept)
	}
	return fmt.Sprintf("%d chunks stay in store '%s': there is no proof of enough other copies", r.Kept, r.Store)
}

// Type implements ui.Record.
func (record) Type() string { return "move" }

// Text implements ui.Record.
func (r record) Text(*ui.UI) string {
	if r.To {
		return fmt.Sprintf("dropped %d chunks here; 'git devops gc' frees their space", r.Chunks)
	}
	return fmt.Sprintf("deleted %d chunks in store '%s'", r.Chunks, r.Store)
}
