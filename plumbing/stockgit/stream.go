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

// A stream turns requests into fetches, one after the other.
type stream struct {
	source *Source
	ctx    context.Context
	cancel context.CancelFunc
	ended  chan struct{}
	answer chan answer

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
			for t.reply(answer{err: err}) {
			}
			return
		}
	}
}

// reply returns false when the stream was closed.
func (t *stream) reply(a answer) bool {
	select {
	case t.answer <- a:
		return true
	case <-t.ctx.Done():
		return false
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

// serve answers for ids, in order.
func (t *stream) serve(ids []chunkstore.ID) error {
	h, err := t.source.server.newHaul()
	if err != nil {
		return err
	}
	t.mu.Lock()
	t.haul = h
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		t.haul = nil
		t.mu.Unlock()
		h.close()
	}()
	if err := t.fetch(h, ids); err != nil {
		return fmt.Errorf("fetch chunks from %s: %w", t.source.Name(), err)
	}
	for _, id := range ids {
		c, err := t.chunk(h, id)
		if missing := (*chunkstore.MissingError)(nil); err != nil && !errors.As(err, &missing) {
			return err
		}
		t.mu.Lock()
		t.before += int64(len(c.Content))
		t.mu.Unlock()
		if !t.reply(answer{c, err}) {
			return errClosed
		}
	}
	return nil
}

func (t *stream) chunk(h *haul, id chunkstore.ID) (transfer.Chunk, error) {
	c, err := h.chunk(t.ctx, id)
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
