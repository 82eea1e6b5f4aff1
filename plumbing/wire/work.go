// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"context"
	"errors"
	"fmt"

	"github.com/git-devops/git-devops/chunkstore"
)

// work carries out requests, one after the other.
func (s *server) work(ctx context.Context) error {
	defer close(s.answers)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case req, more := <-s.requests:
			if !more {
				return nil
			}
			if req.fatal != nil {
				s.failed = s.giveUp(ctx, req.fatal)
				return nil
			}
			if err := s.carryOut(ctx, req); err != nil {
				return err
			}
		}
	}
}

// giveUp tells the client why the session ends.
func (s *server) giveUp(ctx context.Context, err error) error {
	told, ok := errors.AsType[*RemoteError](err)
	switch {
	case ok:
	case errors.Is(err, errSyntax):
		told = &RemoteError{Code: CodeSyntax, Text: err.Error()}
	default:
		return err
	}
	told.Fatal = true
	s.answer(ctx, answer{line: "fatal " + told.Code + " " + printable(told.Text)})
	return told
}

// carryOut answers one request. It returns an error only when ctx is done.
func (s *server) carryOut(ctx context.Context, req request) error {
	if req.refused != nil {
		return s.refuse(ctx, req.refused)
	}
	err := s.Store.Refresh()
	if err == nil {
		switch req.command {
		case "have":
			err = s.have(ctx, req)
		case "get":
			return s.get(ctx, req)
		case "lock":
			err = s.lock(ctx, req)
		case "unlock":
			err = s.unlock(ctx, req)
		}
	}
	if err != nil && ctx.Err() == nil {
		return s.refuse(ctx, err)
	}
	return ctx.Err()
}

// refuse answers with an error.
func (s *server) refuse(ctx context.Context, err error) error {
	code := CodeFailed
	var busy interface{ Busy() bool }
	if told, ok := errors.AsType[*RemoteError](err); ok {
		code = told.Code
	} else if errors.As(err, &busy) && busy.Busy() {
		code = CodeBusy
	}
	return s.answer(ctx, answer{line: "error " + code + " " + printable(err.Error()), end: true})
}

func (s *server) answer(ctx context.Context, a answer) error {
	select {
	case s.answers <- a:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *server) have(ctx context.Context, req request) error {
	held := make([]bool, len(req.ids))
	for i, id := range req.ids {
		has, err := s.Store.Has(ctx, id)
		if err != nil {
			return err
		}
		held[i] = has
	}
	return s.answer(ctx, answer{line: "ok", body: bitmap(held), end: true})
}

func (s *server) lock(ctx context.Context, req request) error {
	if s.Locks == nil {
		return &RemoteError{Code: CodeRefused, Text: "no locks are granted here: it is read-only"}
	}
	if s.locks >= MaxLocks {
		return &RemoteError{Code: CodeLimit, Text: fmt.Sprintf("more than %d locks in a session", MaxLocks)}
	}
	token, granted, err := s.Locks.Lock(ctx, req.ids, req.duration)
	if err != nil {
		return err
	}
	if len(granted) != len(req.ids) || token != "" && !validToken(token) {
		return errors.New("the lock is not what it must be")
	}
	a := answer{line: "ok", body: bitmap(granted), end: true}
	if token != "" {
		s.locks++
		a.line = "ok token=" + token
	}
	return s.answer(ctx, a)
}

func (s *server) unlock(ctx context.Context, req request) error {
	if s.Locks == nil {
		return &RemoteError{Code: CodeRefused, Text: "no locks are granted here: it is read-only"}
	}
	if err := s.Locks.Unlock(ctx, req.token); err != nil {
		return err
	}
	s.locks = max(0, s.locks-1)
	return s.answer(ctx, answer{line: "ok", end: true})
}

// get answers for each id, and never as a whole: a client has asked further
// ones already.
func (s *server) get(ctx context.Context, req request) error {
	if err := s.answer(ctx, answer{line: "ok"}); err != nil {
		return err
	}
	for i, id := range req.ids {
		a, err := s.chunk(ctx, id)
		if err != nil {
			return err
		}
		a.end = i == len(req.ids)-1
		if err := s.answer(ctx, a); err != nil {
			return err
		}
		if a.chunk {
			s.waiting += len(a.body)
		}
	}
	return nil
}

// chunk reads a chunk once there is room for it.
func (s *server) chunk(ctx context.Context, id chunkstore.ID) (answer, error) {
	if err := s.room(ctx); err != nil {
		return answer{}, err
	}
	buf := s.buffer()
	raw, err := s.Store.ReadRaw(ctx, id, buf)
	if err == nil && len(raw) > MaxEntry {
		raw, err = nil, fmt.Errorf("%d bytes are longer than a chunk may be", len(raw))
	}
	if err == nil {
		return answer{line: fmt.Sprintf("chunk %s %d", id, len(raw)), body: raw, chunk: true}, nil
	}
	s.keep(buf)
	if _, ok := errors.AsType[*chunkstore.MissingError](err); ok {
		return answer{line: "missing " + id.String()}, nil
	}
	return answer{line: "corrupt " + id.String() + " " + printable(err.Error())}, ctx.Err()
}

// room waits until less than readAhead waits to be sent. What was sent is taken
// from s.spent often enough for it never to be full: between two calls one
// answer goes out, and no more than queue are under way.
func (s *server) room(ctx context.Context) error {
	for {
		select {
		case buf := <-s.spent:
			s.waiting -= len(buf)
			s.keep(buf)
			continue
		default:
		}
		if s.waiting < readAhead {
			return nil
		}
		select {
		case buf := <-s.spent:
			s.waiting -= len(buf)
			s.keep(buf)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// keep keeps a buffer for a further chunk, unless there are enough.
func (s *server) keep(buf []byte) {
	if cap(buf) > 0 && s.freeSize+cap(buf) <= keepFree {
		s.free = append(s.free, buf)
		s.freeSize += cap(buf)
	}
}

// buffer returns a buffer that was kept, or nil.
func (s *server) buffer() []byte {
	if len(s.free) == 0 {
		return nil
	}
	buf := s.free[len(s.free)-1]
	s.free = s.free[:len(s.free)-1]
	s.freeSize -= cap(buf)
	return buf[:0]
}
