// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
	"github.com/git-devops/git-devops/plumbing/pktline"
	"github.com/git-devops/git-devops/plumbing/transfer"
)

// maxAsked is how many ids may be asked for and not answered: 1 MiB of them.
const maxAsked = 1 << 16

// A Stream is a number of get commands, one after the other; it implements
// transfer.Stream. How much is asked for ahead of what was answered is for the
// one who asks to decide.
type Stream struct {
	c     *Client
	limit int64 // see Limit

	mu     sync.Mutex
	change sync.Cond
	asked  []question
	closed bool
	begun  bool // a response has begun, and not ended

	release sync.Once // the client
}

var _ transfer.Stream = (*Stream)(nil)

// A question is an id that was asked for, the last one of its command or not.
type question struct {
	id   chunkstore.ID
	last bool
}

// Get begins a stream of chunks. It has the client for itself until it is
// closed; ctx is for waiting for that. Closing it before all that it was asked
// for has arrived closes the client, too.
func (c *Client) Get(ctx context.Context) (*Stream, error) {
	if err := c.begin(ctx); err != nil {
		return nil, err
	}
	s := &Stream{c: c}
	s.change.L = &s.mu
	return s, nil
}

// Ask implements transfer.Stream.
func (s *Stream) Ask(ids ...chunkstore.ID) error {
	for batch := range slices.Chunk(ids, min(s.c.maxIDs, maxAsked)) {
		if err := s.note(batch); err != nil {
			return err
		}
		if err := s.c.ask("get", batch); err != nil {
			// Why, Next finds out: the server may have said it.
			return cmp.Or(s.c.failure(), s.c.because(err))
		}
	}
	return nil
}

// note waits until there is room for the questions and remembers them.
func (s *Stream) note(ids []chunkstore.ID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.closed && len(s.asked)+len(ids) > maxAsked {
		s.change.Wait()
	}
	if s.closed {
		return s.ended()
	}
	for i, id := range ids {
		s.asked = append(s.asked, question{id, i == len(ids)-1})
	}
	s.change.Broadcast()
	return nil
}

// ended tells why the stream has ended.
func (s *Stream) ended() error {
	if err := s.c.failure(); err != nil {
		return err
	}
	return ErrClosed
}

// fail ends the stream, and the connection with it.
func (s *Stream) fail(err error) error {
	err = s.c.fail(s.c.because(err))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.change.Broadcast()
	return err
}

// expected waits for a question and returns the first one. It stays where it
// is until it was answered.
func (s *Stream) expected() (question, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.closed && len(s.asked) == 0 {
		s.change.Wait()
	}
	if s.closed {
		return question{}, s.ended()
	}
	return s.asked[0], nil
}

// answered takes the first question away.
func (s *Stream) answered() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = s.asked[1:]
	s.change.Broadcast()
}

// Next implements transfer.Stream.
func (s *Stream) Next() (transfer.Chunk, error) {
	q, err := s.expected()
	if err != nil {
		return transfer.Chunk{}, err
	}
	a, err := s.receive(q)
	if err != nil {
		a.release()
		return transfer.Chunk{}, s.fail(err)
	}
	s.answered()
	return a.chunk(s.c.name, s.limit)
}

// Limit implements what transfer asks for beside its Stream.
func (s *Stream) Limit(n int64) { s.limit = n }

// receive reads the answer to a question, and what stands around it.
func (s *Stream) receive(q question) (reply, error) {
	if !s.begun {
		if _, err := s.c.status(); err != nil {
			return reply{}, err
		}
		s.begun = true
	}
	a, err := s.reply(q.id)
	if err == nil && q.last {
		s.begun = false
		err = s.c.flushPacket()
	}
	return a, err
}

// A reply is one answer as it was received.
type reply struct {
	id     chunkstore.ID
	buf    *buffers
	absent error // there is no content
}

// reply reads the answer for id.
func (s *Stream) reply(id chunkstore.ID) (reply, error) {
	a := reply{id: id}
	text, err := readLine(s.c.r)
	if err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return a, err
	}
	word, rest, _ := strings.Cut(text, " ")
	if word == "fatal" {
		return a, s.c.remote(word, rest)
	}
	hex, rest, _ := strings.Cut(rest, " ")
	if hex != id.String() {
		return a, complain("it answers %q where %s was asked for", printable(text), id)
	}
	switch word {
	case "missing":
		a.absent = &chunkstore.MissingError{ID: id}
		return a, nil
	case "corrupt":
		a.absent = &chunkstore.CorruptError{ID: id, Where: s.c.name, Err: fmt.Errorf("it says: %s", printable(rest))}
		return a, nil
	case "chunk":
		size, err := parseNumber(rest, MaxEntry)
		if err != nil {
			return a, err
		}
		if s.limit > 0 && size > packfile.LongestEntry(s.limit) {
			a.absent = tooLong(id, s.c.name, size, s.limit)
			return a, s.skip(int(size))
		}
		a.buf, err = s.content(int(size))
		return a, err
	}
	return a, complain("an answer begins with %q", printable(text))
}

func tooLong(id chunkstore.ID, peer string, n, limit int64) error {
	return &chunkstore.CorruptError{ID: id, Where: peer, Err: fmt.Errorf("it has %d bytes, at most %d are right", n, limit)}
}

// content reads packets of size bytes in all.
func (s *Stream) content(size int) (*buffers, error) {
	b := spare.Get().(*buffers)
	// What was only announced takes no memory.
	b.raw = slices.Grow(b.raw[:0], min(size, keepBuffer))
	err := s.packets(size, func(payload []byte) { b.raw = append(b.raw, payload...) })
	return b, err
}

// skip is content that nobody wants.
func (s *Stream) skip(size int) error { return s.packets(size, func([]byte) {}) }

// packets reads packets of size bytes in all.
func (s *Stream) packets(size int, take func(payload []byte)) error {
	for n := 0; n < size; {
		payload, kind, err := s.c.r.Next()
		if err != nil {
			return inside(err)
		}
		if kind != pktline.Data || len(payload) == 0 || len(payload) > size-n {
			return complain("a chunk of %d bytes ends, or goes on, after %d", size, n)
		}
		take(payload)
		n += len(payload)
	}
	return nil
}

// buffers are what a chunk takes.
type buffers struct{ raw, content []byte }

// keepBuffer is the largest buffer, bytes, that is kept for a further chunk.
const keepBuffer = 16 << 20

var spare = sync.Pool{New: func() any { return new(buffers) }}

func (a reply) release() {
	if b := a.buf; b != nil && cap(b.raw) <= keepBuffer && cap(b.content) <= keepBuffer {
		spare.Put(b)
	}
}

// chunk decodes what was received. An entry that cannot be decoded is a chunk
// that the peer has damaged, or invented; what follows it is unharmed.
func (a reply) chunk(peer string, limit int64) (transfer.Chunk, error) {
	if a.absent != nil {
		return transfer.Chunk{}, a.absent
	}
	if n := packfile.ContentSize(a.buf.raw); limit > 0 && n > limit {
		a.release()
		return transfer.Chunk{}, tooLong(a.id, peer, n, limit)
	}
	content, err := packfile.Decode(a.buf.raw, a.buf.content)
	if err != nil {
		a.release()
		return transfer.Chunk{}, &chunkstore.CorruptError{ID: a.id, Where: peer, Err: err}
	}
	a.buf.content = content
	object := packfile.FromRaw(a.id, a.buf.raw)
	return transfer.Chunk{
		ID: a.id, Content: content, Object: object,
		Release: func() {
			object.Release()
			a.release()
		},
	}, nil
}

// Received implements what transfer asks for beside its Stream.
func (s *Stream) Received() int64 { return s.c.Received() }

// Close implements transfer.Stream. A client whose stream was answered as a
// whole can be used again.
func (s *Stream) Close() error {
	s.mu.Lock()
	idle := len(s.asked) == 0
	s.closed = true
	s.change.Broadcast()
	s.mu.Unlock()
	if !idle {
		s.c.Close()
	}
	s.release.Do(func() { <-s.c.turn })
	return nil
}
