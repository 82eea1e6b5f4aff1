// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// random returns n incompressible bytes, the same for the same seed.
func random(seed byte, n int) []byte {
	data := make([]byte, n)
	rand.NewChaCha8([32]byte{seed}).Read(data)
	return data
}

// chunks returns count chunks of about n bytes.
func chunks(count, n int) (list [][]byte, ids []chunkstore.ID) {
	for i := range count {
		data := random(byte(i), n+i)
		if i%3 == 2 {
			data = bytes.Repeat([]byte("text "), (n+i)/5)
		}
		list = append(list, data)
		ids = append(ids, chunkstore.BlobID(data))
	}
	return list, ids
}

// entryOf returns data as a pack has it.
func entryOf(data []byte) []byte {
	o := packfile.NewEncoder().Encode(packfile.Blob, chunkstore.BlobID(data), data)
	defer o.Release()
	return o.Raw(nil)
}

// newStore makes a repository and returns its store.
func newStore(t testing.TB) *gitstore.Store { return newStoreIn(t, t.TempDir()) }

func newStoreIn(t testing.TB, dir string) *gitstore.Store {
	t.Helper()
	cmd := exec.Command("git", "init", "-q", dir)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	r, err := repo.Open(repo.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	s, err := gitstore.Open(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		r.Close()
	})
	return s
}

// hold makes a store hold chunks.
func hold(t testing.TB, s *gitstore.Store, list ...[]byte) {
	t.Helper()
	b, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Abort()
	e := packfile.NewEncoder()
	for _, data := range list {
		o := e.Encode(packfile.Blob, chunkstore.BlobID(data), data)
		err := b.Append(o)
		o.Release()
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := b.Settle(); err != nil {
		t.Fatal(err)
	}
}

// entries is a Store of entries, whatever they are.
type entries map[chunkstore.ID][]byte

func (e entries) Refresh() error { return nil }

func (e entries) Has(_ context.Context, id chunkstore.ID) (bool, error) {
	_, ok := e[id]
	return ok, nil
}

func (e entries) ReadRaw(_ context.Context, id chunkstore.ID, buf []byte) ([]byte, error) {
	raw, ok := e[id]
	switch {
	case !ok:
		return nil, &chunkstore.MissingError{ID: id}
	case len(raw) == 0:
		return nil, &chunkstore.CorruptError{ID: id, Where: "here"}
	}
	return append(buf[:0], raw...), nil
}

// book is a Locks that remembers what was locked. It grants ids whose first two
// bytes differ.
type book struct {
	mu     sync.Mutex
	locked map[string][]chunkstore.ID
	fail   error
}

func (b *book) Lock(_ context.Context, ids []chunkstore.ID, d time.Duration) (string, []bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail != nil {
		return "", nil, b.fail
	}
	granted := make([]bool, len(ids))
	var list []chunkstore.ID
	for i, id := range ids {
		if granted[i] = id[0] != id[1]; granted[i] {
			list = append(list, id)
		}
	}
	if list == nil {
		return "", granted, nil
	}
	if b.locked == nil {
		b.locked = map[string][]chunkstore.ID{}
	}
	token := fmt.Sprintf("token-%d-%v", len(b.locked), d)
	b.locked[token] = list
	return token, granted, nil
}

func (b *book) Unlock(_ context.Context, token string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.locked, token)
	return nil
}

// serve begins a server and returns the other end. The server must end when
// that is closed; what it returns can be read from ended, once.
func serve(t testing.TB, o ServerOptions) (conn net.Conn, ended <-chan error) {
	t.Helper()
	ours, theirs := net.Pipe()
	done := make(chan error, 1)
	go func() { done <- Serve(t.Context(), theirs, theirs, o) }()
	t.Cleanup(func() { ours.Close() })
	return ours, done
}

// client begins a session with a server of o.
func client(t testing.TB, o ServerOptions) (*Client, <-chan error) {
	t.Helper()
	conn, ended := serve(t, o)
	c, err := NewClient(t.Context(), conn, ClientOptions{Name: "web-07", Agent: "test/1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, ended
}

// script begins a session with a server that says what it is told to, and
// reads whatever it is sent.
func script(t testing.TB, says string, o ClientOptions) (*Client, error) {
	t.Helper()
	ours, theirs := net.Pipe()
	go io.Copy(io.Discard, theirs)
	go func() {
		io.Copy(theirs, strings.NewReader(says))
		theirs.Close()
	}()
	o.Name = "liar"
	c, err := NewClient(t.Context(), ours, o)
	t.Cleanup(func() { theirs.Close() })
	if err == nil {
		t.Cleanup(func() { c.Close() })
	}
	return c, err
}

// noGoroutines fails when there are more goroutines, once they had time to
// end, than before.
func noGoroutines(t testing.TB) {
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		for range 500 {
			if runtime.NumGoroutine() <= before {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		buf := make([]byte, 1<<16)
		t.Errorf("goroutines are left:\n%s", buf[:runtime.Stack(buf, true)])
	})
}

// packets returns lines as packets.
func packets(lines ...string) string {
	var out strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&out, "%04x%s\n", len(l)+5, l)
	}
	return out.String()
}

// process is a connection to one.
type process struct {
	io.Reader
	io.Writer
	cmd *exec.Cmd
}

func (p process) Close() error {
	p.cmd.Process.Kill()
	return p.cmd.Wait()
}

func itoa(n int) string { return fmt.Sprint(n) }

// allocated returns how many bytes fn allocates.
func allocated(fn func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	fn()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
