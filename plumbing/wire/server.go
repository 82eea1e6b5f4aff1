// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/pktline"
)

// Store is what a server serves; *gitstore.Store is one.
type Store interface {
	// Has tells whether the chunk is held.
	Has(ctx context.Context, id chunkstore.ID) (bool, error)
	// ReadRaw returns a chunk that is held as a pack stores it, in buf where
	// that is large enough, or a *chunkstore.MissingError.
	ReadRaw(ctx context.Context, id chunkstore.ID, buf []byte) ([]byte, error)
	// Refresh makes both answer as things are now.
	Refresh() error
}

// Locks promises not to drop chunks. An error that has a method Busy() bool
// that returns true tells the client to try again.
type Locks interface {
	// Lock promises that those of ids that are granted will be held for d. The
	// promise is durable when it returns. The token, of printable ASCII,
	// undoes it; it may be "" when nothing was granted.
	Lock(ctx context.Context, ids []chunkstore.ID, d time.Duration) (token string, granted []bool, err error)
	// Unlock undoes a promise. That there is none is no error.
	Unlock(ctx context.Context, token string) error
}

// ServerOptions say what a server serves.
type ServerOptions struct {
	Store Store
	Locks Locks  // nil refuses locks
	Agent string // program and version, for the client's eyes
	// Identity is the same text for the same repository, whatever it is
	// called, fit for a token; "" when there is none.
	Identity string
	Idle     time.Duration // 0 is IdleTimeout
}

const (
	// readAhead is how many bytes of chunks wait to be sent before no further
	// one is read.
	readAhead = 8 << 20
	// keepFree is how many bytes of buffers are kept for further chunks.
	keepFree = 16 << 20
	// queue is how many answers wait to be sent.
	queue = 64
	// grace is how long what was closed gets to notice.
	grace = time.Second
	// commandsAhead is how many commands are read before they are carried out.
	commandsAhead = 4
)

// Serve answers one client until it ends the session, which is no error, or
// ctx is done. It closes in and out, as far as they can be closed, when it has
// to end what waits on them; if that does not end a Read or a Write, goroutines
// are left until it returns.
//
// Errors: ErrIdle, ctx's, a *RemoteError that the client was told when the
// session was ended, errors of in and out.
func Serve(ctx context.Context, in io.Reader, out io.Writer, o ServerOptions) error {
	if o.Idle == 0 {
		o.Idle = IdleTimeout
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	idle := time.AfterFunc(o.Idle, func() { cancel(ErrIdle) })
	defer idle.Stop()
	group, both := errgroup.WithContext(ctx)
	s := &server{
		ServerOptions: o,
		in:            requestReader{pktline.NewReader(lively{r: in, idle: idle, wait: o.Idle})},
		out:           pktline.NewWriter(lively{w: out, idle: idle, wait: o.Idle}),
		requests:      make(chan request, commandsAhead),
		answers:       make(chan answer, queue),
		spent:         make(chan []byte, 2*queue),
	}
	unhook := context.AfterFunc(both, func() { closeBoth(in, out) })
	go s.receive(both) // not in the group: perhaps it cannot be ended
	group.Go(func() error { return s.work(both) })
	group.Go(func() error { return s.send(both) })
	ended := make(chan error, 1)
	go func() {
		err := group.Wait()
		if s.failed != nil {
			err = s.failed
		}
		ended <- err
	}()
	err := wait(both, ended)
	if err == nil {
		unhook()
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// wait waits for the session to end and, once ctx is done, a little longer.
func wait(ctx context.Context, ended <-chan error) error {
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-ended:
		return err
	case <-time.After(grace):
		return ctx.Err()
	}
}

func closeBoth(in io.Reader, out io.Writer) {
	if c, ok := in.(io.Closer); ok {
		c.Close()
	}
	if c, ok := out.(io.Closer); ok {
		c.Close()
	}
}

// A server is one session: receive passes requests to work, which passes
// answers to send, which gives back the buffers.
type server struct {
	ServerOptions
	in       requestReader
	out      *pktline.Writer
	requests chan request
	answers  chan answer
	spent    chan []byte
	failed   error // what has ended the session

	waiting  int      // bytes of chunks between work and spent
	free     [][]byte // buffers for chunks
	freeSize int
	locks    int // taken and not undone
}

// An answer is a line, unless it is "", the bytes that follow it, and perhaps
// the end of a response.
type answer struct {
	line  string
	body  []byte
	chunk bool // body goes to spent
	end   bool
}

// lively puts off a timer whenever something comes through.
type lively struct {
	r    io.Reader
	w    io.Writer
	idle *time.Timer
	wait time.Duration
}

func (l lively) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	l.idle.Reset(l.wait)
	return n, err
}

func (l lively) Write(p []byte) (int, error) {
	n, err := l.w.Write(p)
	l.idle.Reset(l.wait)
	return n, err
}

// receive reads requests until the session ends. The last one says why, unless
// the client has ended it.
func (s *server) receive(ctx context.Context) {
	defer close(s.requests)
	err := s.in.hello()
	for err == nil {
		var req request
		if req, err = s.in.next(); err == nil {
			s.pass(ctx, req)
			err = ctx.Err()
		}
	}
	if err != io.EOF {
		s.pass(ctx, request{fatal: err})
	}
}

func (s *server) pass(ctx context.Context, req request) {
	select {
	case s.requests <- req:
	case <-ctx.Done():
	}
}

// send sends answers, and whatever waits in the buffer once there are none.
func (s *server) send(ctx context.Context) error {
	s.advertise()
	for {
		if len(s.answers) == 0 {
			if err := s.out.Flush(); err != nil {
				return err
			}
		}
		select {
		case a, more := <-s.answers:
			if !more {
				return s.out.Flush()
			}
			if err := s.sendOne(a); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *server) sendOne(a answer) (err error) {
	if a.line != "" {
		err = s.out.WriteText(a.line)
	}
	if err == nil {
		_, err = s.out.Write(a.body)
	}
	if a.end && err == nil {
		err = s.out.WriteFlush()
	}
	if a.chunk {
		s.spent <- a.body
	}
	return err
}

// advertise says what can be had here. Its errors stay in s.out.
func (s *server) advertise() {
	lines := []string{
		fmt.Sprintf("%s %d", greeting, Version),
		"agent=" + agent(s.Agent),
		"object-format=sha1",
		"have", "get",
	}
	if s.Locks != nil {
		lines = append(lines, "lock")
	}
	if validToken(s.Identity) {
		lines = append(lines, "repository="+s.Identity)
	}
	lines = append(lines,
		fmt.Sprintf("max-ids=%d", MaxIDs),
		fmt.Sprintf("max-lock=%d", MaxLock/time.Second))
	for _, l := range lines {
		s.out.WriteText(l)
	}
	s.out.WriteFlush()
}

// agent makes the name of a program fit for a line.
func agent(name string) string {
	name = strings.ReplaceAll(printable(name), " ", "-")
	if name == "" {
		return "git-devops"
	}
	return name
}
