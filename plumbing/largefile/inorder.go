// SPDX-License-Identifier: Apache-2.0

package largefile

import (
	"context"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/git-devops/git-devops/chunkstore"
)

// A span is a piece of a manifest with its place in the content.
type span struct {
	chunkstore.Piece
	offset int64 // bytes from the start of the content
}

// Window is how many bytes of chunks are held in memory while a file is written.
const Window = 32 << 20

// inOrder calls fetch for every chunk, several at once and at most Window
// bytes ahead, and consume for every span in order. Data given to consume is
// reused when it returns; it is nil for a hole.
func inOrder(
	ctx context.Context, spans []span, workers int,
	fetch func(ctx context.Context, s span, buf []byte) ([]byte, error),
	consume func(s span, data []byte) error,
) error {
	group, ctx := errgroup.WithContext(ctx)
	f := &fetcher{
		ctx: ctx, fetch: fetch,
		room:  semaphore.NewWeighted(Window),
		todo:  make(chan *fetching),
		order: make(chan *fetching, 1024),
		free:  make(chan []byte, 64),
	}
	group.Go(func() error { return f.schedule(spans) })
	for range workers {
		group.Go(f.work)
	}
	group.Go(func() error { return f.drain(consume) })
	return group.Wait()
}

type fetching struct {
	span
	buf, data []byte
	done      chan struct{}
}

type fetcher struct {
	ctx   context.Context
	fetch func(ctx context.Context, s span, buf []byte) ([]byte, error)
	room  *semaphore.Weighted
	todo  chan *fetching
	order chan *fetching
	free  chan []byte
}

// weight keeps a single chunk longer than the window possible.
func (f *fetching) weight() int64 { return min(f.Length, Window) }

func (f *fetcher) schedule(spans []span) error {
	defer close(f.todo)
	defer close(f.order)
	for _, s := range spans {
		x := &fetching{span: s, done: make(chan struct{})}
		if s.Hole {
			close(x.done)
		} else if err := f.room.Acquire(f.ctx, x.weight()); err != nil {
			return err
		}
		select {
		case f.order <- x:
		case <-f.ctx.Done():
			return f.ctx.Err()
		}
		if s.Hole {
			continue
		}
		select {
		case f.todo <- x:
		case <-f.ctx.Done():
			return f.ctx.Err()
		}
	}
	return nil
}

func (f *fetcher) work() error {
	for x := range f.todo {
		select {
		case x.buf = <-f.free:
		default:
		}
		data, err := f.fetch(f.ctx, x.span, x.buf)
		if err != nil {
			return err
		}
		x.data = data
		close(x.done)
	}
	return nil
}

func (f *fetcher) drain(consume func(s span, data []byte) error) error {
	for x := range f.order {
		select {
		case <-x.done:
		case <-f.ctx.Done():
			return f.ctx.Err()
		}
		if err := consume(x.span, x.data); err != nil {
			return err
		}
		if x.Hole {
			continue
		}
		f.room.Release(x.weight())
		select {
		case f.free <- x.data[:0]:
		default:
		}
	}
	return nil
}

// spans places the pieces of m.
func spans(m *chunkstore.Manifest) []span {
	all := make([]span, len(m.Pieces))
	var offset int64
	for i, p := range m.Pieces {
		all[i] = span{p, offset}
		offset += p.Length
	}
	return all
}
