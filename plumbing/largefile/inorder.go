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
// bytes ahead, and consume for every span in order. buf has room for the chunk
// unless that is longer than the window. Data given to consume is reused when
// it returns; it is nil for a hole.
func inOrder(
	ctx context.Context, spans []span, workers int,
	fetch func(ctx context.Context, s span, buf []byte) ([]byte, error),
	consume func(s span, data []byte) error,
) error {
	group, ctx := errgroup.WithContext(ctx)
	f := &fetcher{
		ctx: ctx, fetch: fetch,
		ring:  newRing(spans),
		todo:  make(chan *fetching),
		order: make(chan *fetching, 1024),
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
	weight    int64 // of buf in the ring
	done      chan struct{}
}

type fetcher struct {
	ctx   context.Context
	fetch func(ctx context.Context, s span, buf []byte) ([]byte, error)
	ring  *ring
	todo  chan *fetching
	order chan *fetching
}

func (f *fetcher) schedule(spans []span) (err error) {
	defer close(f.todo)
	defer close(f.order)
	for _, s := range spans {
		x := &fetching{span: s, done: make(chan struct{})}
		if s.Hole {
			close(x.done)
		} else if x.buf, x.weight, err = f.ring.take(f.ctx, s.Length); err != nil {
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
		f.ring.give(x.weight)
	}
	return nil
}

// A ring is the memory that chunks are fetched into. As they are given back in
// the order in which they were taken, it needs no more than the window.
type ring struct {
	buf  []byte
	room *semaphore.Weighted // of len(buf)
	at   int64               // where the next chunk goes
}

func newRing(spans []span) *ring {
	var total int64
	for _, s := range spans {
		if !s.Hole && total < Window {
			total += s.Length
		}
	}
	total = min(total, Window)
	return &ring{buf: make([]byte, total), room: semaphore.NewWeighted(total)}
}

// take waits for n bytes. They weigh more where the rest of the ring is too
// short for them, and all of it where the ring is: then the buffer is nil.
func (r *ring) take(ctx context.Context, n int64) (buf []byte, weight int64, err error) {
	size := int64(len(r.buf))
	weight = n
	if r.at+n > size {
		weight, r.at = min(size-r.at+n, size), 0
	}
	if err := r.room.Acquire(ctx, weight); err != nil || n > size {
		return nil, weight, err
	}
	buf = r.buf[r.at : r.at : r.at+n]
	r.at += n
	return buf, weight, nil
}

func (r *ring) give(weight int64) { r.room.Release(weight) }

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
