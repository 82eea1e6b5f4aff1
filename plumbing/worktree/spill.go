// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"context"
	"sync"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
)

// A Spill lets files be added whose chunks do not all find room here.
type Spill struct {
	// Part is how many bytes of chunks are stored before Out is called.
	Part int64
	// Out makes room: it returns when other places have the chunks it is
	// given, which are held, and they are dropped here. Its error ends Add; a
	// later Add goes on from what is there and elsewhere.
	Out func(ctx context.Context, chunks []chunkstore.Piece) error
}

// spilling is a sink whose chunks leave part by part. What does not fill a
// part stays.
type spilling struct {
	ctx   context.Context
	store *gitstore.Store
	o     *Spill

	mu     sync.Mutex
	batch  *gitstore.Batch // of the part
	chunks []chunkstore.Piece
	bytes  int64
	stored int64 // bytes of all parts
}

func newSpilling(ctx context.Context, store *gitstore.Store, o *Spill) (*spilling, error) {
	batch, err := store.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return &spilling{ctx: ctx, store: store, o: o, batch: batch}, nil
}

// Has implements largefile.Sink.
func (s *spilling) Has(id chunkstore.ID) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.batch.Has(id)
}

// Append implements largefile.Sink. It takes as long as Out does when a part
// is full.
func (s *spilling) Append(o packfile.Object) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if has, err := s.batch.Has(o.ID); has || err != nil {
		return err
	}
	if err := s.batch.Append(o); err != nil {
		return err
	}
	s.chunks = append(s.chunks, chunkstore.Piece{ID: o.ID, Length: o.ContentSize()})
	s.bytes += o.Size()
	s.stored += o.Size()
	if s.bytes < s.o.Part {
		return nil
	}
	return s.out()
}

func (s *spilling) out() error {
	if err := s.hold(); err != nil {
		return err
	}
	if err := s.o.Out(s.ctx, s.chunks); err != nil {
		return err
	}
	batch, err := s.store.Begin(s.ctx)
	if err != nil {
		return err
	}
	s.batch, s.chunks, s.bytes = batch, nil, 0
	return nil
}

// hold makes the chunks of the part durable and held.
func (s *spilling) hold() error {
	if err := s.batch.Commit(s.ctx); err != nil {
		return err
	}
	_ = s.batch.Settle() // what it cannot clear away the next run does
	return nil
}

// abort ends a part that is not held. After hold it does nothing.
func (s *spilling) abort() { s.batch.Abort() }
