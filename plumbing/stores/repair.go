// SPDX-License-Identifier: Apache-2.0

package stores

import (
	"context"
	"errors"
	"fmt"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
	"github.com/git-devops/git-devops/plumbing/transfer"
)

// Mendable tells whether the content that the store has of a chunk is known to
// be a wrong one, so that a good copy may take its place: not one for which
// there is only no key.
func (d Damage) Mendable() bool {
	_, corrupt := errors.AsType[*chunkstore.CorruptError](d.Err)
	return corrupt
}

// Repaired says what Repair has done.
type Repaired struct {
	Chunks int   // replaced
	Bytes  int64 // of content in them
	// Left are those of which no source has a good copy. What the store has
	// of them is as it was: perhaps a person can make something of it.
	Left []chunkstore.ID
}

// Repair replaces damaged chunks by good copies from the sources. Each is
// replaced in one step, durably.
func (s *Store) Repair(ctx context.Context, damaged []chunkstore.ID, sources []transfer.Source) (Repaired, error) {
	wants := make([]transfer.Want, len(damaged))
	for i, id := range damaged {
		wants[i] = transfer.Want{ID: id}
	}
	result, err := transfer.Fetch(ctx, wants, sources, &replacing{ctx, s}, transfer.Options{})
	if err != nil {
		err = fmt.Errorf("repair store '%s': %w", s.Name(), err)
	}
	return Repaired{Chunks: result.Chunks, Bytes: result.Bytes, Left: result.Missing}, err
}

// replacing is a sink that overwrites.
type replacing struct {
	ctx   context.Context
	store *Store
}

// Has implements transfer.Sink.
func (*replacing) Has(chunkstore.ID) (bool, error) { return false, nil }

// Append implements transfer.Sink.
func (r *replacing) Append(o packfile.Object) error {
	content, err := packfile.Decode(o.Raw(nil), nil)
	if err != nil {
		return err
	}
	return r.store.Replace(r.ctx, o.ID, content)
}

// DeleteDamaged deletes those of ids that are damaged still, and returns them.
// What is lost by that is for the caller to answer for.
func (s *Store) DeleteDamaged(ctx context.Context, ids []chunkstore.ID) (deleted []chunkstore.ID, err error) {
	for _, id := range ids {
		_, err = s.Get(ctx, id)
		if (Damage{id, err}).Mendable() {
			if err = s.Delete(ctx, id); err == nil {
				deleted = append(deleted, id)
			}
		} else if isAbsent(err) {
			err = nil // someone else has deleted it
		}
		if err != nil {
			err = fmt.Errorf("delete in store '%s': %w", s.Name(), err)
			break
		}
	}
	return deleted, errors.Join(err, s.Found(nil, deleted))
}
