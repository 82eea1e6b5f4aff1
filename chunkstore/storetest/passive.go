// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/chunkstore/passive"
)

// RunPassive runs the suite for what passive stores do beside Run. Each test
// opens an empty store.
func RunPassive(t *testing.T, open func(t *testing.T) *passive.Store) {
	for _, tc := range []struct {
		name string
		run  func(*testing.T, *passive.Store)
	}{
		{"each", testEach},
		{"have", testHave},
		{"delete", testDelete},
		{"replace", testReplace},
		{"batch", testBatch},
		{"batch of wrong content", testBatchWrong},
		{"aborted batch", testBatchAborted},
	} {
		t.Run(tc.name, func(t *testing.T) { tc.run(t, open(t)) })
	}
}

func testEach(t *testing.T, s *passive.Store) {
	wantEach(t, s)
	var want []chunkstore.ID
	for i := range 40 {
		want = append(want, put(t, s, []byte{byte(i)}))
	}
	wantEach(t, s, want...)
	stop := errors.New("stop")
	if err := s.Each(t.Context(), func(chunkstore.ID) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("Each, whose function fails: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Each(ctx, func(chunkstore.ID) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("Each under a cancelled context: %v", err)
	}
}

func testHave(t *testing.T, s *passive.Store) {
	a, b, absent := put(t, s, []byte("a")), put(t, s, []byte("b")), chunkstore.BlobID([]byte("absent"))
	have, err := s.Have(t.Context(), []chunkstore.ID{absent, a, absent, b, a})
	if want := []bool{false, true, false, true, true}; err != nil || !slices.Equal(have, want) {
		t.Errorf("Have: %v, %v; want %v", have, err, want)
	}
	if have, err := s.Have(t.Context(), nil); err != nil || len(have) != 0 {
		t.Errorf("Have of nothing: %v, %v", have, err)
	}
}

func testDelete(t *testing.T, s *passive.Store) {
	data, other := random(6, 1000), random(7, 1000)
	id, kept := put(t, s, data), put(t, s, other)
	for range 2 {
		if err := s.Delete(t.Context(), id); err != nil {
			t.Errorf("Delete: %v", err)
		}
		wantMissing(t, s, id)
	}
	wantEach(t, s, kept)
	put(t, s, data)
	wantContent(t, s, "put after it was deleted", data)
	wantContent(t, s, "beside one that was deleted", other)
}

func testReplace(t *testing.T, s *passive.Store) {
	data := random(9, 1000)
	id := put(t, s, data)
	var corrupt *chunkstore.CorruptError
	if err := s.Replace(t.Context(), id, []byte("wrong")); !errors.As(err, &corrupt) {
		t.Errorf("Replace by content that the id does not name: %v", err)
	}
	wantContent(t, s, "not replaced", data)
	if err := s.Replace(t.Context(), id, data); err != nil {
		t.Errorf("Replace: %v", err)
	}
	wantContent(t, s, "replaced", data)
	wantEach(t, s, id)
}

func testBatch(t *testing.T, s *passive.Store) {
	b := begin(t, s)
	var want []chunkstore.ID
	for i := range 60 {
		data := random(byte(i), 3000)
		want = append(want, chunkstore.BlobID(data))
		for range 1 + i%2 {
			if err := b.Put(t.Context(), want[i], data); err != nil {
				t.Fatalf("Put: %v", err)
			}
		}
	}
	if err := b.Commit(t.Context()); err != nil {
		t.Fatalf("Commit: %v", err)
	}
	b.Abort()
	wantEach(t, s, want...)
	wantContent(t, s, "of a batch", random(59, 3000))
	if err := begin(t, s).Commit(t.Context()); err != nil {
		t.Errorf("Commit of an empty batch: %v", err)
	}
}

func testBatchWrong(t *testing.T, s *passive.Store) {
	b := begin(t, s)
	defer b.Abort()
	id := chunkstore.BlobID([]byte("right"))
	var corrupt *chunkstore.CorruptError
	if err := b.Put(t.Context(), id, []byte("wrong")); !errors.As(err, &corrupt) || corrupt.ID != id {
		t.Errorf("Put of content that the id does not name: %v", err)
	}
	if err := b.Commit(t.Context()); err != nil {
		t.Error(err)
	}
	wantEach(t, s)
}

// testBatchAborted: what of an aborted batch is there is whole, and it can be
// written again.
func testBatchAborted(t *testing.T, s *passive.Store) {
	data := random(8, 3000)
	b := begin(t, s)
	if err := b.Put(t.Context(), chunkstore.BlobID(data), data); err != nil {
		t.Fatal(err)
	}
	b.Abort()
	b.Abort()
	if got, err := s.Get(t.Context(), chunkstore.BlobID(data)); err == nil && chunkstore.BlobID(got) != chunkstore.BlobID(data) {
		t.Error("an aborted batch has left something that is not whole")
	}
	put(t, s, data)
	wantContent(t, s, "put after an aborted batch", data)
}

func begin(t *testing.T, s *passive.Store) *passive.Batch {
	t.Helper()
	b, err := s.Begin(t.Context())
	if err != nil {
		t.Fatalf("Begin: %v", err)
	}
	return b
}

// wantEach fails unless Each names exactly these.
func wantEach(t *testing.T, s *passive.Store, want ...chunkstore.ID) {
	t.Helper()
	var got []chunkstore.ID
	if err := s.Each(t.Context(), func(id chunkstore.ID) error { got = append(got, id); return nil }); err != nil {
		t.Fatalf("Each: %v", err)
	}
	slices.SortFunc(got, chunkstore.ID.Compare)
	want = slices.SortedFunc(slices.Values(want), chunkstore.ID.Compare)
	if !slices.Equal(got, want) {
		t.Errorf("Each named %d chunks, not the %d there are", len(got), len(want))
	}
}
