// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/transfer"
)

// A Source is a peer as a transfer.Source. It keeps one session for questions
// and locks, which the next stream takes over; further streams begin others.
// Its methods may be called from several goroutines.
type Source struct {
	name    string
	streams int
	dial    func(context.Context) (*Client, error)

	turn    chan struct{} // holds one token; guards control and asking
	control *Client
	asking  int // how many are about to use control

	identity atomic.Value // string
}

var _ transfer.Source = (*Source)(nil)

// NewSource returns the peer that dial leads to, whose name a person knows.
// streams is how many sessions at once are useful.
func NewSource(name string, streams int, dial func(context.Context) (*Client, error)) *Source {
	return &Source{name: name, streams: max(1, streams), dial: dial, turn: make(chan struct{}, 1)}
}

// Name implements transfer.Source.
func (s *Source) Name() string { return s.name }

// Streams implements transfer.Source.
func (s *Source) Streams() int { return s.streams }

// Identity returns what tells the peer's repository from every other, whatever
// it is called: who counts copies counts it once. It is "" before the first
// session, and when the peer does not say.
func (s *Source) Identity() string {
	id, _ := s.identity.Load().(string)
	return id
}

// Client returns the session for questions and locks, which it begins if there
// is none. fresh tells that it did. The session is the Source's to close.
func (s *Source) Client(ctx context.Context) (c *Client, fresh bool, err error) {
	return s.client(ctx, 0)
}

// client is Client for as many as are about to ask: until they are back, no
// stream takes over the session.
func (s *Source) client(ctx context.Context, asking int) (c *Client, fresh bool, err error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
	if s.control == nil || s.control.failure() != nil {
		fresh = true
		if s.control, err = s.dial(ctx); err != nil {
			return nil, true, err
		}
		s.identity.Store(s.control.Identity())
	}
	s.asking += asking
	return s.control, fresh, nil
}

// back is called after client with 1.
func (s *Source) back() {
	s.turn <- struct{}{}
	s.asking--
	<-s.turn
}

// with calls fn with the session for questions, and again with a new one when
// it turns out that the server has ended the old one meanwhile.
func (s *Source) with(ctx context.Context, fn func(*Client) error) error {
	for {
		c, fresh, err := s.client(ctx, 1)
		if err != nil {
			return err
		}
		err = fn(c)
		s.back()
		if err == nil || fresh || ctx.Err() != nil || c.failure() == nil {
			return err
		}
	}
}

// Have implements transfer.Source.
func (s *Source) Have(ctx context.Context, ids []chunkstore.ID) (held []bool, err error) {
	err = s.with(ctx, func(c *Client) error {
		held, err = c.Have(ctx, ids)
		return err
	})
	return held, err
}

// Open implements transfer.Source. Who opens a stream has just asked Have, so
// the session for questions is alive, and the next question may be far off:
// the stream takes it, which saves the time that a new one takes to begin.
func (s *Source) Open(ctx context.Context) (transfer.Stream, error) {
	c := s.take()
	if c == nil {
		var err error
		if c, err = s.dial(ctx); err != nil {
			return nil, err
		}
	}
	stream, err := c.Get(ctx)
	if err != nil {
		c.Close()
		return nil, err
	}
	return ownStream{stream}, nil
}

// take returns the session for questions when nobody asks, else nil.
func (s *Source) take() *Client {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	default:
		return nil // somebody is about to ask
	}
	if s.asking > 0 || s.control == nil || s.control.failure() != nil {
		return nil
	}
	c := s.control
	s.control = nil
	return c
}

// An ownStream has a client of its own.
type ownStream struct{ *Stream }

// Close implements transfer.Stream.
func (s ownStream) Close() error {
	s.c.Close()
	return s.Stream.Close()
}

// Lock asks the peer to promise that it will hold the chunks for d, in as many
// locks as that takes; see Client.Lock. release undoes what was promised: it
// need not be called while ctx lives, and takes a few seconds at most. After an
// error nothing is promised, as far as that can be told to the peer.
func (s *Source) Lock(ctx context.Context, ids []chunkstore.ID, d time.Duration) (granted []bool, release func(), err error) {
	var tokens []string
	for len(ids) > 0 {
		err = s.with(ctx, func(c *Client) error {
			batch := ids[:min(len(ids), c.maxIDs)]
			part, token, err := c.Lock(ctx, batch, d)
			if err != nil {
				return err
			}
			ids, granted = ids[len(batch):], append(granted, part...)
			if token != "" {
				tokens = append(tokens, token)
			}
			return nil
		})
		if err != nil {
			s.unlock(tokens)
			return nil, nil, err
		}
	}
	return granted, func() { s.unlock(tokens) }, nil
}

// unlock undoes locks as far as it can: they end by themselves.
func (s *Source) unlock(tokens []string) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, token := range tokens {
		err := s.with(ctx, func(c *Client) error { return c.Unlock(ctx, token) })
		if told := (*RemoteError)(nil); err != nil && !errors.As(err, &told) {
			return
		}
	}
}

// Close ends the session for questions. Streams are closed by those who opened
// them. The Source can be used again.
func (s *Source) Close() error {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	if s.control == nil {
		return nil
	}
	return s.control.Close()
}
