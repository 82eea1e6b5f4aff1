// SPDX-License-Identifier: Apache-2.0

// Package sourcetest is the conformance suite for transfer.Source. Every
// implementation runs it in its own tests. It checks what the interfaces
// promise, and that transfer.Fetch gets right content from a source or none;
// it does not check speed.
package sourcetest

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/transfer"
)

// A Subject is a source under test, which has certain chunks and no others.
type Subject struct {
	transfer.Source
	// Cut ends what is under way, and from then on nothing comes from the
	// source any more. Nil skips what needs that.
	Cut func()
	// Dir is where the chunks lie, for the suite to damage one as a bad disk
	// does. "" skips what needs that.
	Dir string
}

// An opener makes a source of these chunks. It registers with t.Cleanup what
// is to be closed.
type opener func(t *testing.T, chunks ...[]byte) Subject

// Run runs the suite. Each test opens a source.
func Run(t *testing.T, open func(t *testing.T, chunks ...[]byte) Subject) {
	for _, tc := range []struct {
		name string
		run  func(*testing.T, opener)
	}{
		{"have", testHave},
		{"order of answers", testOrder},
		{"absent", testAbsent},
		{"two streams", testTwoStreams},
		{"lengths", testLengths},
		{"close", testClose},
		{"close beside Next", testCloseBesideNext},
		{"cancelled", testCancelled},
		{"corrupt", testCorrupt},
		{"cut", testCut},
		{"fetch", testFetch},
		{"fetch of corrupt", testFetchCorrupt},
		{"fetch, cut", testFetchCut},
	} {
		t.Run(tc.name, func(t *testing.T) { tc.run(t, open) })
	}
}

// contents returns n different chunks: random ones and text, such as have much
// in common, and very small ones.
func contents(n int) [][]byte {
	list := make([][]byte, n)
	for i := range list {
		switch i % 4 {
		case 0:
			list[i] = random(i, 50_000+i)
		case 1:
			list[i] = bytes.Repeat([]byte{byte(i), ' '}, 20_000+i)
		case 2:
			list[i] = append(random(0, 90_000), byte(i))
		case 3:
			list[i] = random(i, 1+i)
		}
	}
	return list
}

// random returns n incompressible bytes, the same for the same seed.
func random(seed, n int) []byte {
	data := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)}).Read(data)
	return data
}

func ids(chunks ...[]byte) []chunkstore.ID {
	list := make([]chunkstore.ID, len(chunks))
	for i, c := range chunks {
		list[i] = chunkstore.BlobID(c)
	}
	return list
}

// absent are chunks that no source has.
var absent = [][]byte{[]byte("absent"), []byte("absent, too")}

func stream(t *testing.T, source Subject) transfer.Stream {
	t.Helper()
	s, err := source.Open(t.Context())
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func ask(t *testing.T, s transfer.Stream, chunks ...[]byte) {
	t.Helper()
	if err := s.Ask(ids(chunks...)...); err != nil {
		t.Fatalf("Ask: %v", err)
	}
}

// next takes the next answer, which must be this chunk.
func next(t *testing.T, s transfer.Stream, want []byte) transfer.Chunk {
	t.Helper()
	c, err := s.Next()
	if err != nil {
		t.Fatalf("Next, for a chunk of %d bytes: %v", len(want), err)
	}
	check(t, c, want)
	return c
}

func check(t *testing.T, c transfer.Chunk, want []byte) {
	t.Helper()
	id := chunkstore.BlobID(want)
	if c.ID != id || !bytes.Equal(c.Content, want) {
		t.Fatalf("chunk %s has %d bytes, which are not the %d of %s", c.ID, len(c.Content), len(want), id)
	}
	if c.Object.ID.IsZero() {
		return
	}
	if n := c.Object.ContentSize(); c.Object.ID != id || n != int64(len(want)) {
		t.Fatalf("the entry of chunk %s of %d bytes is that of %s, %d bytes", id, len(want), c.Object.ID, n)
	}
}

func release(c transfer.Chunk) {
	if c.Release != nil {
		c.Release()
	}
}

func wantCorrupt(t *testing.T, s transfer.Stream, chunk []byte) {
	t.Helper()
	var corrupt *chunkstore.CorruptError
	if _, err := s.Next(); !errors.As(err, &corrupt) || corrupt.ID != chunkstore.BlobID(chunk) {
		t.Fatalf("Next, for a damaged chunk: %v; want a *CorruptError", err)
	}
}

// absentOrCorrupt says that err is about one chunk, and not about the stream.
func absentOrCorrupt(err error) bool {
	var missing *chunkstore.MissingError
	var corrupt *chunkstore.CorruptError
	return errors.As(err, &missing) || errors.As(err, &corrupt)
}

// wantGoroutines fails when there are more than n once they had time to end.
func wantGoroutines(t *testing.T, n int) {
	t.Helper()
	for range 500 {
		if runtime.NumGoroutine() <= n {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	buf := make([]byte, 1<<16)
	t.Errorf("goroutines are left:\n%s", buf[:runtime.Stack(buf, true)])
}
