// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
)

// A StoreSink puts chunks into a repository's store, in one batch from each
// checkpoint to the next. A batch is committed while the next one fills.
//
// Its Checkpoint is for Options. It must be brought to Finish or Abandon.
type StoreSink struct {
	store *gitstore.Store

	mu         sync.Mutex
	batch      *gitstore.Batch
	filled     atomic.Bool     // batch has something
	committing *gitstore.Batch // nil when none is
	committed  chan error      // gives what became of that
}

// NewStoreSink begins the first batch. What an earlier run that was killed has
// left is taken up.
func NewStoreSink(ctx context.Context, s *gitstore.Store) (*StoreSink, error) {
	b, err := s.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return &StoreSink{store: s, batch: b}, nil
}

// Append adds a chunk to the batch.
func (s *StoreSink) Append(o packfile.Object) error {
	s.mu.Lock()
	b := s.batch
	s.mu.Unlock()
	s.filled.Store(true)
	return b.Append(o)
}

// Has tells whether the repository or one of the batches has the chunk.
func (s *StoreSink) Has(id chunkstore.ID) (bool, error) {
	s.mu.Lock()
	b, old := s.batch, s.committing
	s.mu.Unlock()
	if old != nil {
		if has, err := old.Has(id); has || err != nil {
			return has, err
		}
	}
	return b.Has(id)
}

// Checkpoint begins to commit the batch and begins another one. It waits only
// for the commit before, and returns its error. No Append may be under way.
func (s *StoreSink) Checkpoint(ctx context.Context) error {
	if err := s.wait(); err != nil || !s.filled.Load() {
		return err
	}
	next, err := s.store.Begin(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, done := s.batch, make(chan error, 1)
	s.batch, s.committing, s.committed = next, old, done
	s.filled.Store(false)
	// An end of the run does not undo what it had got.
	go func() { done <- commit(context.WithoutCancel(ctx), old) }()
	return nil
}

// Finish commits what there is, durably, and ends the sink, also with an error:
// what was finished then is taken up by the next one. After an interrupted run
// it is right to give it a ctx that is not done.
func (s *StoreSink) Finish(ctx context.Context) error {
	err := s.wait()
	if !s.filled.Load() {
		return errors.Join(err, s.batch.Settle())
	}
	return errors.Join(err, commit(ctx, s.batch))
}

// Abandon ends the sink at once. Chunks since the last checkpoint may be lost.
// After Finish it does nothing.
func (s *StoreSink) Abandon() {
	_ = s.wait()
	s.batch.Abandon()
}

// wait returns what became of the commit that is under way.
func (s *StoreSink) wait() error {
	if s.committing == nil {
		return nil
	}
	err := <-s.committed
	s.mu.Lock()
	defer s.mu.Unlock()
	s.committing = nil
	return err
}

func commit(ctx context.Context, b *gitstore.Batch) error {
	if err := b.Commit(ctx); err != nil {
		b.Abandon()
		return err
	}
	return b.Settle()
}
