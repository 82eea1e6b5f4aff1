// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/copies"
	"github.com/git-devops/git-devops/plumbing/stores"
	"github.com/git-devops/git-devops/plumbing/transfer"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// repair replaces what is damaged by good copies from anywhere. It returns how
// many chunks are damaged still.
func (v *verb) repair(ctx context.Context, s *stores.Store, damages []stores.Damage, o options) (damaged int, err error) {
	var ids []chunkstore.ID
	for _, d := range damages {
		if d.Mendable() {
			ids = append(ids, d.ID)
		}
	}
	done, err := v.mend(ctx, s, ids)
	r := repaired{Store: s.Name(), Chunks: done.Chunks, Bytes: done.Bytes}
	if err == nil && o.force && len(done.Left) > 0 {
		r.Deleted, err = v.delete(ctx, s, done.Left, o.reason)
	}
	r.Kept = len(damages) - r.Chunks - r.Deleted
	v.g.UI.Info(r)
	if err == nil && r.Deleted == 0 && len(done.Left) > 0 {
		v.g.UI.Hintf("connect a peer or a store that has them, or give them up there with --force --reason=<text>")
	}
	return r.Kept, err
}

// mend looks for good copies here, in the work tree, and wherever chunks come
// from; not in the store itself by another name.
func (v *verb) mend(ctx context.Context, s *stores.Store, ids []chunkstore.ID) (stores.Repaired, error) {
	seeds, err := v.w.Seeds(ctx)
	if err != nil {
		return stores.Repaired{}, err
	}
	set, err := v.g.OpenPlaces(ctx, v.w)
	if err != nil {
		return stores.Repaired{}, err
	}
	defer set.Close()
	v.g.TellUnreached(set)
	sources := []transfer.Source{transfer.FromStore("here", v.w.Store, 1), transfer.FromStore("work tree", seeds, 1)}
	for _, p := range set.Reached() {
		if p.Store == nil || p.Store.Identity() != s.Identity() {
			sources = append(sources, p.Source)
		}
	}
	return s.Repair(ctx, ids, sources)
}

// delete gives up what no good copy was found of, after recording who wants it.
func (v *verb) delete(ctx context.Context, s *stores.Store, ids []chunkstore.ID, reason string) (int, error) {
	custody, err := copies.Open(v.w.Repo.CommonDir(), v.w.Store)
	if err != nil {
		return 0, err
	}
	if err := custody.Log(time.Now(), porcelain.Who(), copies.Deleting, len(ids), reason); err != nil {
		return 0, err
	}
	deleted, err := s.DeleteDamaged(ctx, ids)
	return len(deleted), err
}

type repaired struct {
	Store   string `json:"store"`
	Chunks  int    `json:"chunks"` // replaced
	Bytes   int64  `json:"bytes"`
	Deleted int    `json:"deleted"`
	Kept    int    `json:"kept"` // as they are
}

// Type implements ui.Record.
func (repaired) Type() string { return "repair" }

// Text implements ui.Record.
func (r repaired) Text(*ui.UI) string {
	s := fmt.Sprintf("store '%s': %d damaged chunks replaced, %s", r.Store, r.Chunks, ui.Size(r.Bytes))
	if r.Deleted > 0 {
		s += fmt.Sprintf("; %d deleted", r.Deleted)
	}
	if r.Kept > 0 {
		s += fmt.Sprintf("; %d kept, as no good copy is at hand", r.Kept)
	}
	return s
}
