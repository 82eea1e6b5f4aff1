// SPDX-License-Identifier: Apache-2.0

package stockgit

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/transfer"
)

// gather is how long a fetch waits for more requests to go with the first: to
// start git costs more.
const gather = 2 * time.Millisecond

// mostDamaged is how many chunks of a server may be damaged for a stream to go
// on: to find each takes a dozen fetches.
const mostDamaged = 16

// A stream turns requests into fetches, one after the other.
type stream struct {
	source *Source
	ctx    context.Context
	cancel context.CancelFunc
	ended  chan struct{}
	answer chan answer
	// damaged is how many were not whole on the server.
	damaged int

	mu     sync.Mutex
	asked  []chunkstore.ID
	more   chan struct{} // has a token when asked may have become longer
	haul   *haul         // of the fetch under way
	before int64         // what earlier fetches have brought
	most   int64         // that Received has returned
}

type answer struct {
	chunk transfer.Chunk
	err   error
}

var errClosed = errors.New("stream is closed")

func newStream(s *Source) *stream {
	ctx, cancel := context.WithCancel(context.Background())
	t := &stream{source: s, ctx: ctx, cancel: cancel, ended: make(chan struct{}),
		answer: make(chan answer), more: make(chan struct{}, 1)}
	go t.run()
	return t
}

// Ask implements transfer.Stream.
func (t *stream) Ask(ids ...chunkstore.ID) error {
	if t.ctx.Err() != nil {
		return errClosed
	}
	t.mu.Lock()
	t.asked = append(t.asked, ids...)
	t.mu.Unlock()
	select {
	case t.more <- struct{}{}:
	default:
	}
	return nil
}

// Next implements transfer.Stream.
func (t *stream) Next() (transfer.Chunk, error) {
	select {
	case a := <-t.answer:
		return a.chunk, a.err
	case <-t.ctx.Done():
		return transfer.Chunk{}, errClosed
	}
}

// Close implements transfer.Stream.
func (t *stream) Close() error {
	t.cancel()
	<-t.ended
	return nil
}

// Received is how many bytes have arrived, those of chunks under way included.
func (t *stream) Received() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	bytes := t.before
	for _, h := range []*haul{t.haul, t.source.whole.Load()} {
		if h != nil {
			bytes += h.arrived()
		}
	}
	t.most = max(t.most, bytes)
	return t.most
}

func (t *stream) run() {
	defer close(t.ended)
	for {
		ids, ok := t.take()
		if !ok {
			return
		}
		if err := t.serve(ids); err != nil {
			for t.reply(answer{err: err}) == nil {
			}
			return
		}
	}
}

// reply returns errClosed when the stream was closed.
func (t *stream) reply(a answer) error {
	select {
	case t.answer <- a:
		return nil
	case <-t.ctx.Done():
		return errClosed
	}
}

// take waits for requests and returns as many as go into one fetch.
func (t *stream) take() ([]chunkstore.ID, bool) {
	for {
		t.mu.Lock()
		waiting := len(t.asked)
		t.mu.Unlock()
		if waiting > 0 {
			break
		}
		select {
		case <-t.more:
		case <-t.ctx.Done():
			return nil, false
		}
		time.Sleep(gather)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	n, bytes := 0, int64(0)
	for n < len(t.asked) && n < fetchChunks {
		o, _ := t.source.find(t.asked[n])
		if bytes += int64(o.length); n > 0 && bytes > fetchBytes {
			break
		}
		n++
	}
	ids := t.asked[:n:n]
	t.asked = t.asked[n:]
	return ids, true
}

// serve answers for ids, in order. One that the server has damaged makes a
// fetch fail as a whole: by halves it is found, and the others come.
func (t *stream) serve(ids []chunkstore.ID) error {
	h, err := t.source.server.newHaul()
	if err != nil {
		return err
	}
	t.begin(h)
	err = t.fetch(h, ids)
	if err == nil {
		err = t.answerAll(h, ids)
		t.end(h)
		return err
	}
	t.end(h)
	if damaged(err) {
		return t.narrow(ids, err)
	}
	return t.named(err)
}

func (t *stream) named(err error) error {
	return fmt.Errorf("fetch chunks from %s: %w", t.source.Name(), err)
}

func (t *stream) begin(h *haul) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.haul = h
}

func (t *stream) end(h *haul) {
	t.mu.Lock()
	t.haul, t.before = nil, max(t.before, t.most)
	t.mu.Unlock()
	h.close()
}

// narrow answers for ids, one of which at least is damaged.
func (t *stream) narrow(ids []chunkstore.ID, err error) error {
	if len(ids) == 1 {
		if t.damaged++; t.damaged > mostDamaged {
			return t.named(err)
		}
		return t.reply(answer{err: &chunkstore.CorruptError{ID: ids[0], Where: t.source.Name(), Err: err}})
	}
	half := len(ids) / 2
	if err := t.serve(ids[:half]); err != nil {
		return err
	}
	return t.serve(ids[half:])
}

// answerAll answers for ids, which have been fetched.
func (t *stream) answerAll(h *haul, ids []chunkstore.ID) error {
	for _, id := range ids {
		c, err := t.chunk(h, id)
		var missing *chunkstore.MissingError
		var corrupt *chunkstore.CorruptError
		if err != nil && !errors.As(err, &missing) && !errors.As(err, &corrupt) {
			return err
		}
		t.mu.Lock()
		t.before += int64(len(c.Content))
		t.mu.Unlock()
		if err := t.reply(answer{c, err}); err != nil {
			return err
		}
	}
	return nil
}

func (t *stream) chunk(h *haul, id chunkstore.ID) (transfer.Chunk, error) {
	o, _ := t.source.find(id)
	c, err := h.chunk(t.ctx, id, o.longest())
	if missing := (*chunkstore.MissingError)(nil); errors.As(err, &missing) {
		return t.source.fromWhole(t.ctx, id)
	}
	return c, err
}

// fetch fetches those of ids that the server gives by id.
func (t *stream) fetch(h *haul, ids []chunkstore.ID) error {
	want := map[string]bool{}
	for _, id := range ids {
		want[id.String()] = true
	}
	for len(want) > 0 && !t.source.byRef.Load() {
		var what []string
		for id := range want {
			what = append(what, id)
		}
		err := h.fetch(t.ctx, t.source.server, what)
		if err == nil {
			return nil
		}
		id, absent := notOurs(err.Error())
		switch {
		case strings.Contains(err.Error(), saysRefused):
			t.source.byRef.Store(true)
		case absent && want[id.String()]:
			delete(want, id.String())
		default:
			return err
		}
	}
	return nil
}
