// SPDX-License-Identifier: Apache-2.0

// Package storetest is the conformance suite for chunkstore.Store. Every
// implementation and every decorator runs it in its own tests. It checks what
// the interfaces promise, above all that Get returns the content that the id
// names or an error, and never other bytes; it does not check durability or
// speed.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
)

// Corrupter is implemented by a Store under test that can damage what it
// holds, as a bad disk does. Without it the suite skips what needs that.
type Corrupter interface {
	// Corrupt changes, below the Store, bytes of the content stored as id.
	Corrupt(t testing.TB, id chunkstore.ID)
}

// Run runs the suite. Each test opens an empty Store, and closes nothing:
// open registers that with t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) chunkstore.Store) {
	for _, tc := range []struct {
		name string
		run  func(*testing.T, chunkstore.Store)
	}{
		{"missing", testMissing},
		{"put and get", testPutGet},
		{"put again", testPutAgain},
		{"wrong id", testWrongID},
		{"buffers are not shared", testBuffers},
		{"corrupt", testCorrupt},
		{"concurrent", testConcurrent},
		{"cancelled", testCancelled},
	} {
		t.Run(tc.name, func(t *testing.T) { tc.run(t, open(t)) })
	}
}

func testMissing(t *testing.T, s chunkstore.Store) {
	put(t, s, []byte("another"))
	wantMissing(t, s, chunkstore.BlobID([]byte("absent")))
	wantMissing(t, s, chunkstore.ID{})
}

func testPutGet(t *testing.T, s chunkstore.Store) {
	contents := map[string][]byte{
		"empty":             {},
		"one byte":          {0},
		"text":              []byte("a chunk\n"),
		"like a manifest":   []byte(chunkstore.ManifestMagic),
		"compressible":      bytes.Repeat([]byte("compressible "), 100_000),
		"max chunk":         random(1, chunkstore.DefaultParams().Max),
		"max chunk, zeroes": make([]byte, chunkstore.DefaultParams().Max),
	}
	for name, data := range contents {
		wantMissing(t, s, chunkstore.BlobID(data))
		put(t, s, data)
		wantContent(t, s, name, data)
	}
	for name, data := range contents {
		wantContent(t, s, name+", after all were put", data)
	}
}

func testPutAgain(t *testing.T, s chunkstore.Store) {
	data := random(2, 100_000)
	for range 3 {
		put(t, s, data)
	}
	wantContent(t, s, "put three times", data)
}

func testWrongID(t *testing.T, s chunkstore.Store) {
	right, wrong := []byte("right"), []byte("wrong")
	id := chunkstore.BlobID(right)
	var corrupt *chunkstore.CorruptError
	if err := s.Put(t.Context(), id, wrong); !errors.As(err, &corrupt) || corrupt.ID != id {
		t.Errorf("Put of content that the id does not name: %v, want a *CorruptError", err)
	}
	wantMissing(t, s, id)
	wantMissing(t, s, chunkstore.BlobID(wrong))
	put(t, s, right)
	if err := s.Put(t.Context(), id, wrong); err == nil {
		t.Error("Put of a wrong content for an id that is there: no error")
	}
	wantContent(t, s, "after a refused Put", right)
}

func testBuffers(t *testing.T, s chunkstore.Store) {
	data := random(3, 100_000)
	want := bytes.Clone(data)
	id := put(t, s, data)
	clear(data)
	wantContent(t, s, "after the buffer given to Put changed", want)
	got, err := s.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	clear(got)
	wantContent(t, s, "after the buffer returned by Get changed", want)
}

func testCorrupt(t *testing.T, s chunkstore.Store) {
	c, ok := s.(Corrupter)
	if !ok {
		t.Skip("this store cannot be corrupted by the test")
	}
	whole, damaged := random(4, 100_000), random(5, 100_000)
	put(t, s, whole)
	id := put(t, s, damaged)
	c.Corrupt(t, id)
	got, err := s.Get(t.Context(), id)
	var corrupt *chunkstore.CorruptError
	if got != nil || !errors.As(err, &corrupt) || corrupt.ID != id {
		t.Errorf("Get of a corrupt chunk: %d bytes, %v; want none, and a *CorruptError", len(got), err)
	}
	wantContent(t, s, "beside a corrupt one", whole)
}

// testConcurrent has every worker put and get the same chunks, in another
// order, so that some collide and some do not.
func testConcurrent(t *testing.T, s chunkstore.Store) {
	const workers, chunks = 8, 24
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range chunks {
				data := random(byte(100+(i+w*3)%chunks), 20_000)
				id := chunkstore.BlobID(data)
				if err := s.Put(t.Context(), id, data); err != nil {
					t.Errorf("worker %d: Put: %v", w, err)
				}
				if err := content(t.Context(), s, id, data); err != nil {
					t.Errorf("worker %d: %v", w, err)
				}
			}
		})
	}
	wg.Wait()
}

func testCancelled(t *testing.T, s chunkstore.Store) {
	data := []byte("chunk")
	id := put(t, s, data)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, getErr := s.Get(ctx, id)
	_, hasErr := s.Has(ctx, id)
	absent := []byte("absent")
	putErr := s.Put(ctx, chunkstore.BlobID(absent), absent)
	for what, err := range map[string]error{"Get": getErr, "Has": hasErr, "Put": putErr} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s under a cancelled context: %v, want %v", what, err, context.Canceled)
		}
	}
	wantContent(t, s, "after a cancelled call", data)
	wantMissing(t, s, chunkstore.BlobID(absent))
}

func put(t *testing.T, s chunkstore.Store, data []byte) chunkstore.ID {
	t.Helper()
	id := chunkstore.BlobID(data)
	if err := s.Put(t.Context(), id, data); err != nil {
		t.Fatalf("Put of %d bytes: %v", len(data), err)
	}
	return id
}

func wantMissing(t *testing.T, s chunkstore.Store, id chunkstore.ID) {
	t.Helper()
	got, err := s.Get(t.Context(), id)
	var missing *chunkstore.MissingError
	if got != nil || !errors.As(err, &missing) || missing.ID != id {
		t.Errorf("Get of a missing chunk: %d bytes, %v; want none, and a *MissingError", len(got), err)
	}
	if ok, err := s.Has(t.Context(), id); ok || err != nil {
		t.Errorf("Has of a missing chunk: %v, %v", ok, err)
	}
}

func wantContent(t *testing.T, s chunkstore.Store, name string, data []byte) {
	t.Helper()
	if err := content(t.Context(), s, chunkstore.BlobID(data), data); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

// content returns an error unless s has id with this content.
func content(ctx context.Context, s chunkstore.Store, id chunkstore.ID, data []byte) error {
	if ok, err := s.Has(ctx, id); !ok || err != nil {
		return fmt.Errorf("ask for chunk %s: %v, %w", id, ok, err)
	}
	got, err := s.Get(ctx, id)
	if err != nil {
		return fmt.Errorf("get chunk %s: %w", id, err)
	}
	if !bytes.Equal(got, data) {
		return fmt.Errorf("get chunk %s: %d bytes that are not the %d put", id, len(got), len(data))
	}
	return nil
}

// random returns n incompressible bytes, the same for the same seed.
func random(seed byte, n int) []byte {
	data := make([]byte, n)
	rand.NewChaCha8([32]byte{seed}).Read(data)
	return data
}
