// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/git-devops/git-devops/plumbing/pktline"
)

// ClientOptions say how a client behaves.
type ClientOptions struct {
	Name    string        // of the peer, in errors
	Agent   string        // program and version, for the server's eyes
	Timeout time.Duration // without a byte from the server, 0 is Timeout
}

// A Client asks one server. One exchange, or one stream, is under way at a
// time; other calls wait for it. After an error other than a *RemoteError that
// is not Fatal, every later call returns an error.
type Client struct {
	name    string
	conn    io.ReadWriteCloser
	in      *arrivals
	r       *pktline.Reader
	w       *pktline.Writer
	timeout time.Duration

	agent   string // of the server
	id      string // of its repository
	locks   bool
	maxIDs  int
	maxLock time.Duration

	turn    chan struct{} // holds one token
	sending sync.Mutex    // an Ask may return after the answer has come
	close   sync.Once
	err     atomic.Pointer[error] // why the connection is of no use any more
}

// NewClient begins a session on conn, which the client owns from then on: it
// is closed, once, by Close or an error. Closing must end a Read and a Write
// that wait.
//
// The error is a *VersionError when the server speaks no version that we do, a
// *ProtocolError when it speaks no version at all, ErrStalled when it says
// nothing.
func NewClient(ctx context.Context, conn io.ReadWriteCloser, o ClientOptions) (*Client, error) {
	if o.Timeout == 0 {
		o.Timeout = Timeout
	}
	if o.Name == "" {
		o.Name = "the peer"
	}
	in := &arrivals{conn: conn}
	c := &Client{
		name: o.Name, conn: conn, timeout: o.Timeout,
		in: in, r: pktline.NewReader(in), w: pktline.NewWriter(conn),
		turn: make(chan struct{}, 1),
	}
	err := c.exchange(ctx, func() error {
		if err := c.advertisement(); err != nil {
			return err
		}
		c.w.WriteText(fmt.Sprintf("%s %d", greeting, Version))
		c.w.WriteText("agent=" + agent(o.Agent))
		return c.w.WriteFlush() // goes with the first command
	})
	if err != nil {
		return nil, c.fail(err)
	}
	return c, nil
}

// advertisement reads what the server says of itself.
func (c *Client) advertisement() error {
	first, err := readLine(c.r)
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	if err := c.version(first); err != nil {
		return err
	}
	keys, _, err := readKeys(c.r, false)
	if err != nil {
		return err
	}
	if keys["object-format"] != "sha1" {
		return complain("its object format is %q, not sha1", keys["object-format"])
	}
	_, have := keys["have"]
	_, get := keys["get"]
	if !have || !get {
		return complain("it has no chunks to give")
	}
	c.agent, c.id = keys["agent"], keys["repository"]
	_, c.locks = keys["lock"]
	return c.limits(keys)
}

// version makes sure that one of the server's versions is ours.
func (c *Client) version(first string) error {
	list, ok := strings.CutPrefix(first, greeting+" ")
	if !ok {
		return complain("it began with %q", printable(first))
	}
	var theirs []int
	for _, word := range strings.Split(list, " ") {
		n, err := parseNumber(word, 1<<31-1)
		if err != nil {
			return complain("it began with %q", printable(first))
		}
		theirs = append(theirs, int(n))
	}
	if slices.Contains(theirs, Version) {
		return nil
	}
	slices.Sort(theirs)
	return &VersionError{Peer: c.name, Ours: Version, Theirs: theirs}
}

// limits takes the server's limits where they are lower than ours.
func (c *Client) limits(keys map[string]string) error {
	c.maxIDs, c.maxLock = MaxIDs, MaxLock
	ids, err := parseNumber(keys["max-ids"], 1<<62)
	if err != nil || ids == 0 {
		return complain("its max-ids is %q", keys["max-ids"])
	}
	c.maxIDs = int(min(ids, MaxIDs))
	if c.locks {
		seconds, err := parseNumber(keys["max-lock"], 1<<62)
		if err != nil || seconds == 0 {
			return complain("its max-lock is %q", keys["max-lock"])
		}
		c.maxLock = time.Duration(min(seconds, int64(MaxLock/time.Second))) * time.Second
	}
	return nil
}

// Agent returns the program and the version that the server says it is.
func (c *Client) Agent() string { return c.agent }

// Identity returns what the server says tells its repository from every other,
// or "".
func (c *Client) Identity() string { return c.id }

// GrantsLocks reports whether the server grants locks at all.
func (c *Client) GrantsLocks() bool { return c.locks }

// Name returns what the peer is called.
func (c *Client) Name() string { return c.name }

// Received returns how many bytes have arrived so far.
func (c *Client) Received() int64 { return c.in.count.Load() }

// Close ends the session at once, also beside calls that wait; they return
// ErrClosed or what they were about to return.
func (c *Client) Close() error {
	c.fail(ErrClosed)
	return nil
}

// fail ends the connection because of err, unless something else has ended it.
// It returns what has.
func (c *Client) fail(err error) error {
	c.close.Do(func() {
		c.err.Store(&err)
		c.conn.Close()
	})
	return c.failure()
}

// failure returns why the connection has ended, or nil.
func (c *Client) failure() error {
	if err := c.err.Load(); err != nil {
		return *err
	}
	return nil
}

// begin waits for its turn.
func (c *Client) begin(ctx context.Context) error {
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := cmp.Or(c.failure(), ctx.Err()); err != nil {
		<-c.turn
		return err
	}
	return nil
}

// exchange runs do, which sends and receives, when it is its turn. It is ended
// with ctx, and when the server says nothing for too long.
func (c *Client) exchange(ctx context.Context, do func() error) error {
	if err := c.begin(ctx); err != nil {
		return err
	}
	defer func() { <-c.turn }()
	unhook := context.AfterFunc(ctx, func() { c.fail(ctx.Err()) })
	defer unhook()
	c.in.watch(c.timeout, func() { c.fail(c.because(ErrStalled)) })
	defer c.in.watch(0, nil)
	err := do()
	if err == nil {
		return c.failure()
	}
	return c.settle(err)
}

// settle makes err what the caller is told, and ends the connection unless the
// session can go on.
func (c *Client) settle(err error) error {
	if told, ok := errors.AsType[*RemoteError](err); ok && told.Peer != "" && !told.Fatal {
		return err
	}
	return c.fail(c.because(err))
}

// because names the peer.
func (c *Client) because(err error) error {
	var version *VersionError
	remote, isRemote := errors.AsType[*RemoteError](err)
	switch {
	case errors.As(err, &version), isRemote && remote.Peer != "":
		return err
	case isRemote, errors.Is(err, errSyntax):
		return &ProtocolError{Peer: c.name, Reason: err.Error()}
	case errors.Is(err, io.ErrUnexpectedEOF), err == io.EOF:
		return fmt.Errorf("%s: connection lost: %w", c.name, io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("%s: %w", c.name, err)
}

// status reads the first line of a response, which is ok unless err says else.
func (c *Client) status() (rest string, err error) {
	text, err := readLine(c.r)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return "", err
	}
	word, rest, _ := strings.Cut(text, " ")
	switch word {
	case "ok":
		return rest, nil
	case "error", "fatal":
		return "", c.remote(word, rest)
	}
	return "", complain("a response begins with %q", printable(text))
}

// remote reads the rest of an error and returns it.
func (c *Client) remote(word, rest string) error {
	code, text, _ := strings.Cut(rest, " ")
	told := &RemoteError{Peer: c.name, Code: code, Text: printable(text), Fatal: word == "fatal"}
	if !told.Fatal {
		if err := c.flushPacket(); err != nil {
			return err
		}
	}
	return told
}

// flushPacket reads the end of a response.
func (c *Client) flushPacket() error {
	_, kind, err := c.r.Next()
	if err != nil {
		return inside(err)
	}
	if kind != pktline.Flush {
		return complain("a response is longer than it may be")
	}
	return nil
}

// bitmap reads what follows the status of have and lock.
func (c *Client) bitmap(n int) ([]bool, error) {
	payload, kind, err := c.r.Next()
	if err != nil {
		return nil, inside(err)
	}
	if kind != pktline.Data {
		return nil, complain("a bitmap was expected, not a %s packet", kindName(kind))
	}
	set, err := parseBitmap(payload, n)
	if err != nil {
		return nil, err
	}
	return set, c.flushPacket()
}

// arrivals counts what arrives, and calls a function when nothing does.
type arrivals struct {
	conn    io.Reader
	count   atomic.Int64
	timeout time.Duration
	stalled func()
}

// watch is called while nobody reads.
func (a *arrivals) watch(timeout time.Duration, stalled func()) {
	a.timeout, a.stalled = timeout, stalled
}

func (a *arrivals) Read(p []byte) (int, error) {
	if a.timeout > 0 {
		timer := time.AfterFunc(a.timeout, a.stalled)
		defer timer.Stop()
	}
	n, err := a.conn.Read(p)
	a.count.Add(int64(n))
	return n, err
}
