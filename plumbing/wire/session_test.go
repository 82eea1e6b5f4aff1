// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
	"github.com/git-devops/git-devops/plumbing/transfer"
)

// TestSession: a repository is asked for all there is to ask for, in one
// session, and its chunks go to another one.
func TestSession(t *testing.T) {
	noGoroutines(t)
	from, to := newStore(t), newStore(t)
	list, ids := chunks(20, 100_000)
	hold(t, from, list...)
	locks := &book{}
	c, ended := client(t, ServerOptions{Store: from, Locks: locks, Agent: "git-devops/1.0"})
	if c.Agent() != "git-devops/1.0" || !c.GrantsLocks() || c.Name() != "web-07" {
		t.Errorf("%q, %t, %q", c.Agent(), c.GrantsLocks(), c.Name())
	}

	absent := chunkstore.ID{7}
	asked := append([]chunkstore.ID{absent}, ids...)
	held, err := c.Have(t.Context(), asked)
	want := make([]bool, len(asked))
	for i := 1; i < len(want); i++ {
		want[i] = true
	}
	if diff := cmp.Diff(want, held); diff != "" || err != nil {
		t.Error(diff, err)
	}

	stream, err := c.Get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		stream.Ask(asked[:3]...)
		for _, id := range asked[3:] {
			stream.Ask(id)
		}
	}()
	b, err := to.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Abort()
	var missing *chunkstore.MissingError
	if _, err := stream.Next(); !errors.As(err, &missing) || missing.ID != absent {
		t.Error(err)
	}
	for i, id := range ids {
		got, err := stream.Next()
		if err != nil || got.ID != id || !bytes.Equal(got.Content, list[i]) {
			t.Fatalf("%v: %d bytes, %v", got.ID, len(got.Content), err)
		}
		if err := b.Append(got.Object); err != nil {
			t.Fatal(err)
		}
		got.Release()
	}
	if err := stream.Close(); err != nil {
		t.Error(err)
	}
	if err := b.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := b.Settle(); err != nil {
		t.Fatal(err)
	}
	for i, id := range ids {
		if data, err := to.Get(t.Context(), id); err != nil || !bytes.Equal(data, list[i]) {
			t.Errorf("%d bytes, %v", len(data), err)
		}
	}

	granted, token, err := c.Lock(t.Context(), []chunkstore.ID{ids[0], {}, ids[1]}, 1500*time.Millisecond)
	if diff := cmp.Diff([]bool{true, false, true}, granted); diff != "" || token != "token-0-2s" || err != nil {
		t.Error(diff, token, err)
	}
	if err := c.Unlock(t.Context(), token); err != nil || len(locks.locked) != 0 {
		t.Errorf("%v, %v", locks.locked, err)
	}
	if granted, token, err = c.Lock(t.Context(), make([]chunkstore.ID, 1), time.Second); granted[0] || token != "" || err != nil {
		t.Error(granted, token, err)
	}
	if c.Received() < 1_000_000 {
		t.Errorf("%d bytes received", c.Received())
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestWhatIsNotHeld is not served, though it is in the repository.
func TestWhatIsNotHeld(t *testing.T) {
	s := newStore(t)
	list, ids := chunks(2, 100_000)
	hold(t, s, list[0])
	b, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Abort()
	if err := b.Append(packfile.NewEncoder().Encode(packfile.Blob, ids[1], list[1])); err != nil {
		t.Fatal(err)
	}
	c, _ := client(t, ServerOptions{Store: s})
	if held, err := c.Have(t.Context(), ids); err != nil || !held[0] || held[1] {
		t.Error(held, err)
	}
	stream := get(t, c)
	if err := stream.Ask(ids...); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Next(); err != nil {
		t.Error(err)
	}
	var missing *chunkstore.MissingError
	if _, err := stream.Next(); !errors.As(err, &missing) {
		t.Error(err)
	}
	if err := b.Commit(t.Context()); err != nil { // and from now on it is
		t.Fatal(err)
	}
	if err := stream.Ask(ids[1]); err != nil {
		t.Error(err)
	}
	if _, err := stream.Next(); err != nil {
		t.Error(err)
	}
}

// get begins a stream and asks.
func get(t testing.TB, c *Client, ids ...chunkstore.ID) *Stream {
	t.Helper()
	stream, err := c.Get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stream.Close() })
	if len(ids) > 0 {
		go stream.Ask(ids...)
	}
	return stream
}

// TestManyIDs: more than one command may have.
func TestManyIDs(t *testing.T) {
	store, x := entries{}, entryOf([]byte("x"))
	ids := make([]chunkstore.ID, 2*MaxIDs+9)
	for i := range ids {
		ids[i] = chunkstore.ID{byte(i), byte(i >> 8), byte(i >> 16), 1}
		if i%3 == 0 {
			store[ids[i]] = x
		}
	}
	c, _ := client(t, ServerOptions{Store: store, Locks: &book{}})
	held, err := c.Have(t.Context(), ids)
	if err != nil || len(held) != len(ids) {
		t.Fatal(len(held), err)
	}
	for i := range held {
		if held[i] != (i%3 == 0) {
			t.Fatalf("%d: %t", i, held[i])
		}
	}
	stream := get(t, c, ids...)
	for i := range ids {
		got, err := stream.Next()
		if i%3 != 0 {
			if _, ok := errors.AsType[*chunkstore.MissingError](err); !ok {
				t.Fatal(err)
			}
			continue
		}
		if err != nil || string(got.Content) != "x" {
			t.Fatalf("%q, %v", got.Content, err)
		}
		got.Release()
	}
	stream.Close()
	if _, _, err := c.Lock(t.Context(), ids, time.Second); err == nil {
		t.Error("too many ids are not refused")
	}
	source := NewSource("web-07", 2, func(context.Context) (*Client, error) { return c, nil })
	granted, release, err := source.Lock(t.Context(), ids, time.Second)
	if err != nil || len(granted) != len(ids) {
		t.Error(len(granted), err)
	}
	release()
	if held, err := c.Have(t.Context(), nil); err != nil || len(held) != 0 {
		t.Error(held, err)
	}
}

// TestCorruptChunk: the stream goes on after a chunk that the peer cannot read,
// and one that cannot be decoded.
func TestCorruptChunk(t *testing.T) {
	list, ids := chunks(3, 1000)
	store := entries{ids[0]: {}, ids[1]: []byte("\xb1x"), ids[2]: entryOf(list[2])}
	c, _ := client(t, ServerOptions{Store: store})
	stream := get(t, c, ids...)
	for i := range 2 {
		var corrupt *chunkstore.CorruptError
		if _, err := stream.Next(); !errors.As(err, &corrupt) || corrupt.ID != ids[i] || corrupt.Where != "web-07" {
			t.Error(err)
		}
	}
	if got, err := stream.Next(); err != nil || !bytes.Equal(got.Content, list[2]) {
		t.Error(err)
	}
}

// TestLockRefused: read-only, busy, out of bounds; the session goes on.
func TestLockRefused(t *testing.T) {
	one := []chunkstore.ID{{1}}
	readOnly, _ := client(t, ServerOptions{Store: entries{}})
	if _, _, err := readOnly.Lock(t.Context(), one, time.Second); !errors.Is(err, ErrNoLocks) {
		t.Error(err)
	}
	locks := &book{fail: busy{}}
	c, _ := client(t, ServerOptions{Store: entries{}, Locks: locks})
	var told *RemoteError
	if _, _, err := c.Lock(t.Context(), one, time.Second); !errors.As(err, &told) || !told.Busy() || told.Error() != "web-07: in use" {
		t.Error(err)
	}
	locks.fail = errors.New("disk is gone")
	if _, _, err := c.Lock(t.Context(), one, time.Second); !errors.As(err, &told) || told.Busy() || told.Code != CodeFailed {
		t.Error(err)
	}
	for _, d := range []time.Duration{0, -1, MaxLock + 1} {
		if _, _, err := c.Lock(t.Context(), one, d); err == nil {
			t.Errorf("%v is not refused", d)
		}
	}
	if err := c.Unlock(t.Context(), "a b"); err == nil {
		t.Error("a bad token is not refused")
	}
	locks.fail = nil
	if _, _, err := c.Lock(t.Context(), one, MaxLock); err != nil {
		t.Error(err)
	}
	for range MaxLocks - 1 {
		if _, _, err := c.Lock(t.Context(), one, time.Second); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := c.Lock(t.Context(), one, time.Second); !errors.As(err, &told) || told.Code != CodeLimit {
		t.Error(err)
	}
}

type busy struct{}

func (busy) Error() string { return "in use" }
func (busy) Busy() bool    { return true }

// TestOneAtATime: whoever comes while a stream is open waits, for as long as
// its context allows.
func TestOneAtATime(t *testing.T) {
	c, _ := client(t, ServerOptions{Store: entries{}})
	stream := get(t, c)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := c.Have(ctx, []chunkstore.ID{{1}}); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	stream.Close()
	stream.Close()
	if _, err := c.Have(t.Context(), []chunkstore.ID{{1}}); err != nil {
		t.Error(err)
	}
}

// TestSource: streams beside questions, no more sessions than that takes, and a
// new one when the old one has been ended by the server.
func TestSource(t *testing.T) {
	noGoroutines(t)
	list, ids := chunks(6, 10_000)
	store := entries{}
	for i, data := range list {
		store[ids[i]] = entryOf(data)
	}
	var last *Client
	dialled := 0
	source := NewSource("web-07", 0, func(context.Context) (*Client, error) {
		dialled++
		last, _ = client(t, ServerOptions{Store: store, Locks: &book{}, Identity: "one"})
		return last, nil
	})
	if source.Name() != "web-07" || source.Streams() != 1 {
		t.Error(source.Name(), source.Streams())
	}
	for range 2 {
		if held, err := source.Have(t.Context(), ids); err != nil || len(held) != 6 {
			t.Error(held, err)
		}
	}
	if dialled != 1 {
		t.Errorf("%d sessions", dialled)
	}
	last.conn.Close() // as a server that has waited for too long
	if _, err := source.Have(t.Context(), ids); err != nil || dialled != 2 {
		t.Errorf("%d sessions, %v", dialled, err)
	}
	var streams []transfer.Stream
	for range 2 {
		s, err := source.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		streams = append(streams, s)
		go s.Ask(ids...)
	}
	if dialled != 3 { // the first stream goes on where the questions ended
		t.Errorf("%d sessions", dialled)
	}
	for i := range ids {
		for _, s := range streams {
			if got, err := s.Next(); err != nil || !bytes.Equal(got.Content, list[i]) {
				t.Fatal(err)
			}
		}
	}
	granted, release, err := source.Lock(t.Context(), ids, time.Second)
	if err != nil || len(granted) != 6 {
		t.Error(granted, err)
	}
	release()
	if dialled != 4 {
		t.Errorf("%d sessions", dialled)
	}
	for _, s := range streams {
		s.Close()
	}
	if source.Identity() != "one" {
		t.Errorf("identity %q", source.Identity())
	}
	source.Close()
}

// TestAnotherProgram that speaks first.
func TestAnotherProgram(t *testing.T) {
	for name, tc := range map[string]struct{ says, want string }{
		"nothing":     {"", "liar: connection lost: unexpected EOF"},
		"a banner":    {"Welcome to web-07!\n", "liar breaks the protocol: packet has no valid length: \"Welc\""},
		"upload-pack": {"000eversion 2\n0000", "liar breaks the protocol: it began with \"version 2\""},
		"cut short":   {"0018git-devops", "liar: connection lost: unexpected EOF"},
		"escapes":     {"0009\x1b[2J\n", "liar breaks the protocol: a line has a control character: \"\\x1b[2J\""},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := script(t, tc.says, ClientOptions{}); err == nil || err.Error() != tc.want {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestVersions(t *testing.T) {
	for line, want := range map[string]string{
		"git-devops wire 2":   "liar speaks version 2 of the protocol, and we version 1: update git-devops on this machine",
		"git-devops wire 3 2": "liar speaks version 2, 3 of the protocol, and we version 1: update git-devops on this machine",
		"git-devops wire 0":   "liar speaks version 0 of the protocol, and we version 1: update git-devops on liar",
	} {
		_, err := script(t, packets(line)+"0000", ClientOptions{})
		var version *VersionError
		if !errors.As(err, &version) || version.Ours != 1 || err.Error() != want {
			t.Errorf("%s: %v", line, err)
		}
	}
	if _, err := script(t, packets("git-devops wire 1 2", "object-format=sha1", "have", "get", "max-ids=10", "later=x")+"0000", ClientOptions{}); err != nil {
		t.Error(err)
	}
}

// TestOverProcesses: real pipes, and a process that is killed.
func TestOverProcesses(t *testing.T) {
	noGoroutines(t)
	cmd := exec.CommandContext(t.Context(), "cat")
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- Serve(t.Context(), strings.NewReader(""), in, ServerOptions{Store: entries{}}) }()
	c, err := NewClient(t.Context(), process{out, in, cmd}, ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	stream := get(t, c, chunkstore.ID{1})
	stream.Close()
	if _, err := stream.Next(); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	c.Close()
}

// TestSourceKeepsWhoAsks: a stream does not take a session that somebody waits
// for an answer on.
func TestSourceKeepsWhoAsks(t *testing.T) {
	store := &gate{open: make(chan struct{}), asked: make(chan struct{})}
	dialled := 0
	source := NewSource("web-07", 2, func(context.Context) (*Client, error) {
		dialled++
		c, _ := client(t, ServerOptions{Store: store})
		return c, nil
	})
	defer source.Close()
	answered := make(chan error)
	go func() {
		_, err := source.Have(t.Context(), []chunkstore.ID{{1}})
		answered <- err
	}()
	<-store.asked
	stream, err := source.Open(t.Context())
	if err != nil || dialled != 2 {
		t.Fatal(dialled, err)
	}
	defer stream.Close()
	close(store.open)
	if err := <-answered; err != nil {
		t.Error(err)
	}
}

// A gate is an empty store that answers once it is open.
type gate struct {
	entries
	asked, open chan struct{}
}

func (g *gate) Has(context.Context, chunkstore.ID) (bool, error) {
	close(g.asked)
	<-g.open
	return false, nil
}
