// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
)

// content is a set of chunks by id, with the order they are wanted in.
type content struct {
	want []Want
	data map[chunkstore.ID][]byte
}

func randomContent(seed uint64, chunks, least, most int) content {
	rnd := rand.New(rand.NewPCG(seed, 1))
	c := content{data: map[chunkstore.ID][]byte{}}
	for range chunks {
		b := make([]byte, least+rnd.IntN(most-least+1))
		for i := 0; i < min(len(b), 16); i++ {
			b[i] = byte(rnd.Uint32())
		}
		id := chunkstore.BlobID(b)
		c.want = append(c.want, Want{id, int64(len(b))})
		c.data[id] = b
	}
	return c
}

func (c content) bytes() (n int64) {
	for _, w := range c.want {
		n += w.Length
	}
	return n
}

// A link carries bytes at a rate, to whoever asks first.
type link struct {
	rate float64 // bytes a second, 0 for no limit
	mu   sync.Mutex
	free time.Time
}

func (l *link) reserve(n int) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); l.free.Before(now) {
		l.free = now
	}
	if l.rate > 0 {
		l.free = l.free.Add(seconds(float64(n) / l.rate))
	}
	return l.free
}

// A fault is what a fake source does in place of an answer.
type fault int

const (
	none fault = iota
	lie
	lieLength
	truncate
	reset
	stall
	unasked
	twice
	missing
	corrupt
	otherObject
	noHave
	noOpen
)

// A fake is a Source in memory, with a line and with faults.
type fake struct {
	name    string
	streams int
	data    map[chunkstore.ID][]byte
	has     func(id chunkstore.ID) bool // nil for all of data
	fault   func(n int, id chunkstore.ID) fault
	links   []*link
	delay   time.Duration
	static  bool

	sent, asked, open, haves atomic.Int64
	answers                  atomic.Int64
	unreleased               atomic.Int64
	held, mostHeld           atomic.Int64 // bytes given out and not released
}

func (f *fake) Name() string { return f.name }
func (f *fake) Static() bool { return f.static }
func (f *fake) Streams() int { return max(1, f.streams) }

func (f *fake) holds(id chunkstore.ID) bool {
	if f.has != nil {
		return f.has(id)
	}
	return f.data[id] != nil
}

func (f *fake) faulty(n int, id chunkstore.ID) fault {
	if f.fault == nil {
		return none
	}
	return f.fault(n, id)
}

func (f *fake) Have(ctx context.Context, ids []chunkstore.ID) ([]bool, error) {
	f.haves.Add(1)
	if f.faulty(-1, chunkstore.ID{}) == noHave {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if err := sleep(ctx.Done(), f.delay); err != nil {
		return nil, err
	}
	got := make([]bool, len(ids))
	for i, id := range ids {
		got[i] = f.holds(id)
	}
	return got, nil
}

var errReset = errors.New("connection reset")

func sleep(done <-chan struct{}, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-done:
		return errReset
	}
}

func (f *fake) Open(ctx context.Context) (Stream, error) {
	if f.faulty(-2, chunkstore.ID{}) == noOpen {
		return nil, errReset
	}
	f.open.Add(1)
	return &fakeStream{f: f, asked: make(chan request, 1<<16), done: make(chan struct{})}, nil
}

type request struct {
	id chunkstore.ID
	at time.Time
}

type fakeStream struct {
	f      *fake
	asked  chan request
	done   chan struct{}
	closed atomic.Bool
	before *chunkstore.ID
	bytes  atomic.Int64
}

func (s *fakeStream) Received() int64 { return s.bytes.Load() }

func (s *fakeStream) Ask(ids ...chunkstore.ID) error {
	if s.closed.Load() {
		return errReset
	}
	for _, id := range ids {
		s.f.asked.Add(1)
		s.asked <- request{id, time.Now().Add(s.f.delay)}
	}
	return nil
}

func (s *fakeStream) Close() error {
	if !s.closed.CompareAndSwap(false, true) {
		panic("closed twice")
	}
	s.f.open.Add(-1)
	close(s.done)
	return nil
}

// piece is how much a line sends at a time, so that streams share it.
const piece = 128 << 10

func (s *fakeStream) carry(n int) error {
	for n > 0 {
		p := min(n, piece)
		var at time.Time
		for _, l := range s.f.links {
			if t := l.reserve(p); t.After(at) {
				at = t
			}
		}
		if err := sleep(s.done, time.Until(at)); err != nil {
			return err
		}
		s.bytes.Add(int64(p))
		n -= p
	}
	return nil
}

func (s *fakeStream) Next() (Chunk, error) {
	var q request
	select {
	case q = <-s.asked:
	case <-s.done:
		return Chunk{}, errReset
	}
	if err := sleep(s.done, time.Until(q.at)); err != nil {
		return Chunk{}, err
	}
	data := s.f.data[q.id]
	id := q.id
	objectID := id // without an entry, which our sink does not look at
	switch s.f.faulty(int(s.f.answers.Add(1)-1), id) {
	case lie:
		data = append([]byte{^data[0]}, data[1:]...)
	case lieLength:
		data = make([]byte, len(data)+1)
	case truncate:
		data = data[:len(data)/2]
	case reset:
		return Chunk{}, io.ErrUnexpectedEOF
	case stall:
		<-s.done
		return Chunk{}, errReset
	case unasked:
		data = []byte("nobody asked")
		id = chunkstore.BlobID(data)
		objectID = id
	case twice:
		if s.before != nil {
			id = *s.before
			data, objectID = s.f.data[id], id
		}
	case missing:
		return Chunk{}, &chunkstore.MissingError{ID: id}
	case corrupt:
		return Chunk{}, &chunkstore.CorruptError{ID: id, Where: "disk"}
	case otherObject:
		objectID[0]++
	}
	if err := s.carry(len(data)); err != nil {
		return Chunk{}, err
	}
	s.before = &q.id
	return s.give(id, objectID, data), nil
}

func (s *fakeStream) give(id, object chunkstore.ID, data []byte) Chunk {
	f, n := s.f, int64(len(data))
	f.sent.Add(n)
	f.unreleased.Add(1)
	f.mostHeld.Store(max(f.mostHeld.Load(), f.held.Add(n)))
	var once atomic.Bool
	return Chunk{ID: id, Content: data, Object: packfile.Object{ID: object}, Release: func() {
		if !once.CompareAndSwap(false, true) {
			panic("released twice")
		}
		f.unreleased.Add(-1)
		f.held.Add(-n)
	}}
}

// A memorySink counts what is appended.
type memorySink struct {
	mu        sync.Mutex
	appended  map[chunkstore.ID]int
	committed map[chunkstore.ID]bool
	fail      error
	commits   int
}

func newSink() *memorySink {
	return &memorySink{appended: map[chunkstore.ID]int{}, committed: map[chunkstore.ID]bool{}}
}

func (s *memorySink) Append(o packfile.Object) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	s.appended[o.ID]++
	return nil
}

func (s *memorySink) Has(id chunkstore.ID) (bool, error) { return s.holds(id), nil }

func (s *memorySink) holds(id chunkstore.ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.committed[id]
}

func (s *memorySink) checkpoint(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commits++
	for id := range s.appended {
		s.committed[id] = true
	}
	return nil
}

// whole checks that each wanted chunk was appended once, and no other.
func whole(t *testing.T, s *memorySink, want []Want) {
	t.Helper()
	for _, w := range want {
		if n := s.appended[w.ID]; n != 1 {
			t.Errorf("chunk %s was appended %d times", w.ID, n)
		}
	}
	if len(s.appended) != len(want) {
		t.Errorf("%d chunks were appended, not %d", len(s.appended), len(want))
	}
}

// tidy checks that nothing is left open or unreleased.
func tidy(t *testing.T, fakes ...*fake) {
	t.Helper()
	for _, f := range fakes {
		if f.open.Load() != 0 || f.unreleased.Load() != 0 {
			t.Errorf("%s: %d streams are open, %d chunks not released",
				f.name, f.open.Load(), f.unreleased.Load())
		}
	}
}

func asSources(fakes ...*fake) (s []Source) {
	for _, f := range fakes {
		s = append(s, f)
	}
	return s
}

func mbit(n float64) *link { return &link{rate: n * 1e6 / 8} }
