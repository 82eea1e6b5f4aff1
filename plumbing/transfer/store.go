// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/git-devops/git-devops/chunkstore"
)

// ahead is how many chunks a stream of a store reads at a time: so many wait
// in memory at most.
const ahead = 2

// FromStore makes a Source of a passive store. streams is how many streams are
// useful; each has two chunks read at a time. A store that has a method Have as
// a Source has is asked with that, else about one chunk after the other.
//
// Its methods return when they are told to even while the store hangs, as a
// disk on a dead network does; the store's own call is then left behind.
func FromStore(name string, s chunkstore.Store, streams int) Source {
	return &storeSource{name: name, store: s, streams: max(1, streams)}
}

type storeSource struct {
	name    string
	store   chunkstore.Store
	streams int
}

func (s *storeSource) Name() string { return s.name }
func (s *storeSource) Streams() int { return s.streams }
func (s *storeSource) Static() bool { return true }

// Have returns when ctx is done, whatever the store does.
func (s *storeSource) Have(ctx context.Context, ids []chunkstore.ID) ([]bool, error) {
	look := s.look
	if all, ok := s.store.(haver); ok {
		look = all.Have
	}
	var has []bool
	done := make(chan error, 1)
	go func() {
		got, err := look(ctx, ids)
		has = got
		done <- err
	}()
	select {
	case err := <-done:
		return has, err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

type haver interface {
	Have(ctx context.Context, ids []chunkstore.ID) ([]bool, error)
}

// look asks for each chunk, a few at a time.
func (s *storeSource) look(ctx context.Context, ids []chunkstore.ID) ([]bool, error) {
	has := make([]bool, len(ids))
	g, ctx := errgroup.WithContext(ctx)
	n := min(len(ids), ahead*s.streams)
	for first := range n {
		g.Go(func() (err error) {
			for i := first; i < len(ids) && err == nil; i += n {
				has[i], err = s.store.Has(ctx, ids[i])
			}
			return err
		})
	}
	return has, g.Wait()
}

// Open begins a stream; it does not touch the store.
func (s *storeSource) Open(ctx context.Context) (Stream, error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	more := make(chan struct{}, 1)
	return &storeStream{store: s.store, ctx: ctx, cancel: cancel, more: more}, nil
}

// A storeStream reads the next chunks while the first is waited for.
type storeStream struct {
	store  chunkstore.Store
	ctx    context.Context
	cancel context.CancelFunc
	more   chan struct{} // todo may have grown

	mu   sync.Mutex
	todo []chunkstore.ID // asked for and not begun

	begun []chan answer // Next's own: those being read, in order
}

type answer struct {
	chunk Chunk
	err   error
}

var errClosed = errors.New("stream is closed")

// Ask only takes note.
func (t *storeStream) Ask(ids ...chunkstore.ID) error {
	if t.ctx.Err() != nil {
		return errClosed
	}
	t.mu.Lock()
	t.todo = append(t.todo, ids...)
	t.mu.Unlock()
	select {
	case t.more <- struct{}{}:
	default:
	}
	return nil
}

// Next begins to read what there is room for, and returns the oldest.
func (t *storeStream) Next() (Chunk, error) {
	for t.ctx.Err() == nil {
		t.begin()
		if len(t.begun) > 0 {
			return t.oldest()
		}
		select {
		case <-t.more:
		case <-t.ctx.Done():
		}
	}
	return Chunk{}, errClosed
}

func (t *storeStream) begin() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.begun) < ahead && len(t.todo) > 0 {
		id, done := t.todo[0], make(chan answer, 1)
		t.todo = t.todo[1:]
		t.begun = append(t.begun, done)
		go func() {
			content, err := t.store.Get(t.ctx, id)
			done <- answer{Chunk{ID: id, Content: content}, err}
		}()
	}
}

func (t *storeStream) oldest() (Chunk, error) {
	select {
	case a := <-t.begun[0]:
		t.begun = t.begun[1:]
		t.begin()
		return a.chunk, a.err
	case <-t.ctx.Done():
		return Chunk{}, errClosed
	}
}

// Close ends the reads that are under way.
func (t *storeStream) Close() error {
	t.cancel()
	return nil
}
