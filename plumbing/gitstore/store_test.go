// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"bytes"
	"context"
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/chunkstore/storetest"
)

// corruptible can damage what a store holds, as a bad disk does.
type corruptible struct{ *Store }

func (s corruptible) Corrupt(t testing.TB, id chunkstore.ID) {
	data, err := s.Get(t.Context(), id)
	must(t, err)
	places, err := s.packs.find(id)
	must(t, err)
	for _, p := range places {
		damage(t, p.pack.Path()[:len(p.pack.Path())-len(".pack")], data)
	}
}

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) chunkstore.Store { return corruptible{newStore(t)} })
}

func TestNothingIsWrittenByOpening(t *testing.T) {
	s := newStore(t)
	wantMissing(t, s, []byte("absent"))
	if _, err := os.Stat(s.spool); !os.IsNotExist(err) {
		t.Errorf("the spool: %v", err)
	}
	if n, packs, err := s.DiskUsage(); n != 0 || packs != 0 || err != nil {
		t.Errorf("disk usage %d, %d, %v", n, packs, err)
	}
}

// TestOtherPlaces: what git has moved elsewhere is still found.
func TestOtherPlaces(t *testing.T) {
	s := newStore(t)
	chunks := several(1, 3, 10_000)
	id, err := s.repo.WriteObject("blob", chunks[0])
	must(t, err)
	must(t, s.Hold(t.Context(), []chunkstore.ID{id}))
	wantChunks(t, s, chunks[0])
	base := store(t, s, chunks[1:]...)
	must(t, os.Remove(base+".keep"))
	runGit(t, s.dir(), "repack", "-adq", "--window=10")
	wantChunks(t, open(t, s.dir()), chunks...)
	wantChunks(t, s, chunks...)
	if err := s.Present(id); err != nil {
		t.Error(err)
	}
}

// TestTwoCopies: the good one is found, whichever pack is asked first.
func TestTwoCopies(t *testing.T) {
	for i := range 2 {
		s := newStore(t)
		chunk := random(1, 100_000)
		first := store(t, s, chunk)
		unhold(t, s, chunk)
		second := store(t, s, chunk, random(2, 1000))
		damage(t, []string{first, second}[i], chunk)
		for range 8 { // the order is that of a map
			wantChunks(t, open(t, s.dir()), chunk)
		}
	}
}

func TestReadErrors(t *testing.T) {
	s := newStore(t)
	chunk, other := random(1, 100_000), random(2, 100_000)
	id := chunkstore.BlobID(chunk)
	base := store(t, s, chunk)
	store(t, s, other)
	damage(t, base, chunk)
	var corrupt *chunkstore.CorruptError
	if _, err := s.Get(t.Context(), id); !errors.As(err, &corrupt) || corrupt.ID != id || corrupt.Where != base+".pack" {
		t.Errorf("damaged: %v", err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Read(cancelled, id, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestTruncatedPack(t *testing.T) {
	before := newStore(t)
	chunk, other := random(1, 100_000), random(2, 100_000)
	id := chunkstore.BlobID(chunk)
	base := store(t, before, chunk)
	store(t, before, other)
	wantChunks(t, before, chunk)
	must(t, os.Truncate(base+".pack", 1000))
	for name, s := range map[string]*Store{"open": before, "new": open(t, before.dir())} {
		var corrupt *chunkstore.CorruptError
		if _, err := s.Get(t.Context(), id); !errors.As(err, &corrupt) {
			t.Errorf("%s store, Get: %v", name, err)
		}
		if _, err := s.Read(t.Context(), id, nil); !errors.As(err, &corrupt) {
			t.Errorf("%s store, Read: %v", name, err)
		}
		wantChunks(t, s, other)
	}
}

// TestReadUsesTheBuffer, where it is large enough.
func TestReadUsesTheBuffer(t *testing.T) {
	s := newStore(t)
	chunk := random(1, 100_000)
	store(t, s, chunk)
	buf := make([]byte, 0, 200_000)
	got, err := s.Read(t.Context(), chunkstore.BlobID(chunk), buf)
	if err != nil || !bytes.Equal(got, chunk) || &got[0] != &buf[:1][0] {
		t.Errorf("%d bytes, %v, in the buffer: %v", len(got), err, len(got) > 0 && &got[0] == &buf[:1][0])
	}
}

// TestHeldIsATree of the refs: what is wrong with it is named.
func TestHeldIsDamaged(t *testing.T) {
	s := newStore(t)
	blob, err := s.repo.WriteObject("blob", []byte("no tree"))
	must(t, err)
	must(t, s.repo.SwapRef(HeldRef, chunkstore.ID{}, blob, "test"))
	s = open(t, s.dir())
	if _, err := s.Has(t.Context(), chunkstore.ID{1}); err == nil {
		t.Error("a blob: no error")
	}
	if err := s.Put(t.Context(), chunkstore.BlobID(nil), nil); err == nil {
		t.Error("a blob: Put is no error")
	}
	if err := s.Check(t.Context(), CheckOptions{}, func(Damage) {}); err == nil {
		t.Error("a blob: Check is no error")
	}
}

func TestEachHeld(t *testing.T) {
	s := newStore(t)
	chunks := several(1, 600, 64)
	b := begin(t, s, chunks...)
	must(t, b.Commit(t.Context()))
	must(t, b.Settle())
	want := map[chunkstore.ID]bool{}
	for _, id := range idsOf(chunks) {
		want[id] = true
	}
	var last chunkstore.ID
	must(t, s.EachHeld(func(id chunkstore.ID) error {
		if !want[id] || bytes.Compare(id[:], last[:]) <= 0 {
			t.Errorf("%s after %s", id, last)
		}
		delete(want, id)
		last = id
		return nil
	}))
	if len(want) > 0 {
		t.Errorf("%d not listed", len(want))
	}
	stop := errors.New("stop")
	if err := s.EachHeld(func(chunkstore.ID) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("stopped: %v", err)
	}
}

// TestManyAtOnce uses one Store for everything from several goroutines.
func TestManyAtOnce(t *testing.T) {
	s := newStore(t)
	chunks := several(1, 40, 5000)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			b := begin(t, s, chunks[i*10:i*10+10]...)
			must(t, b.Commit(t.Context()))
			must(t, b.Settle())
		})
		wg.Go(func() {
			for _, c := range chunks {
				_, _ = s.Get(t.Context(), chunkstore.BlobID(c))
				_ = s.Present(chunkstore.BlobID(c))
			}
		})
		wg.Go(func() {
			for range 5 {
				_, _, err := s.DiskUsage()
				must(t, err)
			}
		})
	}
	wg.Wait()
	wantChunks(t, s, chunks...)
	wantTidy(t, s)
}

// TestDiskUsage counts chunk packs, not those a person keeps.
func TestDiskUsage(t *testing.T) {
	s := newStore(t)
	base := store(t, s, random(1, 10_000))
	_, err := s.repo.WriteObject("blob", []byte("a person's"))
	must(t, err)
	runGit(t, s.dir(), "update-ref", "refs/tags/blob", chunkstore.BlobID([]byte("a person's")).String())
	runGit(t, s.dir(), "repack", "-adq")
	for _, idx := range glob(t, s.packDir, "*.idx") {
		if idx != base+".idx" {
			must(t, os.WriteFile(idx[:len(idx)-4]+".keep", nil, 0o666))
		}
	}
	fi, err := os.Stat(base + ".pack")
	must(t, err)
	if n, packs, err := s.DiskUsage(); n != fi.Size() || packs != 1 || err != nil {
		t.Errorf("%d bytes in %d packs, %v; want %d in one", n, packs, err, fi.Size())
	}
}
