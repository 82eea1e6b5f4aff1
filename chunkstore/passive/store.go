// SPDX-License-Identifier: Apache-2.0

package passive

import (
	"context"
	"errors"
	"fmt"

	"github.com/git-devops/git-devops/chunkstore"
)

// A Store is a chunkstore.Store over a passive place.
type Store struct {
	bodies Bodies
	codec  Codec
}

var _ chunkstore.Store = (*Store)(nil)

// New returns the store that bodies and codec make. It returns a *SealError
// unless both are sealed, or neither is.
func New(bodies Bodies, codec Codec) (*Store, error) {
	switch sealed := bodies.Mark().Sealed; {
	case sealed && !codec.Sealed():
		return nil, &SealError{bodies.Name(), "is a sealed store, and no recipient or identity is configured for it"}
	case !sealed && codec.Sealed():
		return nil, &SealError{bodies.Name(), "is a plain store, and recipients are configured for it"}
	}
	return &Store{bodies, codec}, nil
}

// Name says where the store is.
func (s *Store) Name() string { return s.bodies.Name() }

// Mark tells which store it is.
func (s *Store) Mark() Mark { return s.bodies.Mark() }

// Get implements chunkstore.Getter. It returns an error that matches ErrKey
// when there is no key for a sealed chunk.
func (s *Store) Get(ctx context.Context, id chunkstore.ID) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	body, err := s.bodies.Read(ctx, id)
	if err != nil {
		return nil, err
	}
	content, err := s.codec.Decode(body)
	if errors.Is(err, ErrKey) {
		return nil, fmt.Errorf("open object %s of %s: %w", id, s.Name(), err)
	}
	if err != nil {
		return nil, &chunkstore.CorruptError{ID: id, Where: s.Name(), Err: err}
	}
	if err := chunkstore.Verify(id, content, s.Name()); err != nil {
		return nil, err
	}
	return content, nil
}

// Has implements chunkstore.Haver.
func (s *Store) Has(ctx context.Context, id chunkstore.ID) (bool, error) {
	have, err := s.Have(ctx, []chunkstore.ID{id})
	return err == nil && have[0], err
}

// Have reports for each of ids whether the store has it. Contents are not
// read.
func (s *Store) Have(ctx context.Context, ids []chunkstore.ID) ([]bool, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.bodies.Have(ctx, ids)
}

// Put implements chunkstore.Putter. What it has stored is durable.
func (s *Store) Put(ctx context.Context, id chunkstore.ID, data []byte) error {
	return s.put(ctx, id, data, s.bodies.Write)
}

func (s *Store) put(ctx context.Context, id chunkstore.ID, data []byte, write func(context.Context, chunkstore.ID, []byte) error) error {
	if err := chunkstore.Verify(id, data, "what was to be stored"); err != nil {
		return err
	}
	if there, err := s.Has(ctx, id); there || err != nil {
		return err
	}
	return s.write(ctx, id, data, write)
}

func (s *Store) write(ctx context.Context, id chunkstore.ID, data []byte, write func(context.Context, chunkstore.ID, []byte) error) error {
	body, err := s.codec.Encode(data)
	if err != nil {
		return fmt.Errorf("store object %s in %s: %w", id, s.Name(), err)
	}
	return write(ctx, id, body)
}

// Replace is Put where the store has the chunk already, and what it has is
// damaged: in one step that is replaced.
func (s *Store) Replace(ctx context.Context, id chunkstore.ID, data []byte) error {
	if err := chunkstore.Verify(id, data, "what was to be stored"); err != nil {
		return err
	}
	return s.write(ctx, id, data, s.bodies.Write)
}

// Delete removes a chunk, durable when it returns. One that is not there is no
// error. Whether another copy exists is for the caller to know.
func (s *Store) Delete(ctx context.Context, id chunkstore.ID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.bodies.Delete(ctx, id)
}

// Each calls fn once for each chunk that the store has, in no order.
func (s *Store) Each(ctx context.Context, fn func(chunkstore.ID) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.bodies.Each(ctx, fn)
}

// Begin begins a batch.
func (s *Store) Begin(ctx context.Context) (*Batch, error) {
	b, err := s.bodies.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return &Batch{s, b}, nil
}

// A Batch is a number of chunks that become part of a store together. Put may
// be called concurrently.
type Batch struct {
	store *Store
	BodyBatch
}

// Put is the Store's, but for being done: that is the case after Commit.
func (b *Batch) Put(ctx context.Context, id chunkstore.ID, data []byte) error {
	return b.store.put(ctx, id, data, b.Write)
}
