// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/git-devops/git-devops/chunkstore"
)

func gc(t *testing.T, s *Store, o GCOptions) GCResult {
	t.Helper()
	result, err := s.GC(t.Context(), o)
	must(t, err)
	return result
}

// state is every file below the objects, with its size, and the held set.
func state(t *testing.T, s *Store) map[string]int64 {
	t.Helper()
	files := map[string]int64{}
	for _, path := range glob(t, s.packDir, "*") {
		fi, err := os.Stat(path)
		must(t, err)
		files[path] = fi.Size()
	}
	root, _, err := s.repo.Ref(HeldRef)
	must(t, err)
	files[root.String()] = 0
	return files
}

func TestGC(t *testing.T) {
	chunks := several(1, 10, 10_000)
	tests := []struct {
		name    string
		unheld  int // of ten
		want    GCResult
		changes bool
	}{
		{"all live", 0, GCResult{Packs: 1}, false},
		{"mostly live", 4, GCResult{Packs: 1}, false},
		{"mostly dead", 6, GCResult{Packs: 1, Removed: 1, Repacked: 1}, true},
		{"dead", 10, GCResult{Packs: 1, Removed: 1}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStore(t)
			store(t, s, chunks...)
			unhold(t, s, chunks[:tt.unheld]...)
			before := state(t, s)
			var progress int64
			for _, dry := range []bool{true, false} {
				o := GCOptions{DryRun: dry, Progress: func(n int64) { progress += n }}
				got := gc(t, s, o)
				if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(GCResult{}, "Freed")); diff != "" {
					t.Errorf("dry run %v: %s", dry, diff)
				}
				if dry || !tt.changes {
					if diff := cmp.Diff(before, state(t, s)); diff != "" {
						t.Errorf("dry run %v: %s", dry, diff)
					}
				}
				if least := int64(tt.unheld) * 10_000; tt.changes && got.Freed < least {
					t.Errorf("dry run %v: %d bytes freed, at least %d expected", dry, got.Freed, least)
				}
				wantChunks(t, s, chunks[tt.unheld:]...)
			}
			if tt.changes {
				wantMissing(t, open(t, s.dir()), chunks[:tt.unheld]...)
			}
			if live := int64(10-tt.unheld) * 10_000; tt.want.Repacked > 0 && progress < live {
				t.Errorf("progress of %d bytes, at least %d expected", progress, live)
			}
			wantChunks(t, open(t, s.dir()), chunks[tt.unheld:]...)
			wantTidy(t, s)
			wantSound(t, s)
			if again := gc(t, s, GCOptions{}); again.Removed > 0 {
				t.Errorf("and again: %+v", again)
			}
		})
	}
}

// TestGCOfNothing, where nothing was ever stored.
func TestGCOfNothing(t *testing.T) {
	s := newStore(t)
	if diff := cmp.Diff(GCResult{}, gc(t, s, GCOptions{})); diff != "" {
		t.Error(diff)
	}
}

func TestGCPutsSmallPacksTogether(t *testing.T) {
	s := newStore(t)
	chunks := several(1, smallPacks, 5000)
	for i, c := range chunks {
		if got := gc(t, s, GCOptions{}); got.Removed > 0 {
			t.Errorf("with %d packs: %+v", i, got)
		}
		store(t, s, c)
	}
	got := gc(t, s, GCOptions{})
	if got.Removed != smallPacks || got.Repacked != smallPacks || len(packs(t, s)) != 1 {
		t.Errorf("%+v; %d packs", got, len(packs(t, s)))
	}
	for _, s := range []*Store{s, open(t, s.dir())} {
		wantChunks(t, s, chunks...)
		wantSound(t, s)
	}
	wantTidy(t, s)
}

func TestMergeSmall(t *testing.T) {
	s := newStore(t)
	chunks := several(1, 5, 5000)
	for _, c := range chunks {
		store(t, s, c)
	}
	unhold(t, s, chunks[0])
	must(t, s.MergeSmall(t.Context(), 6))
	if n := len(packs(t, s)); n != 5 {
		t.Errorf("too few to merge, and %d packs", n)
	}
	unlock, err := open(t, s.dir()).lockGC()
	must(t, err)
	must(t, s.MergeSmall(t.Context(), 5))
	if n := len(packs(t, s)); n != 5 {
		t.Errorf("merged while another gc was running: %d packs", n)
	}
	unlock()
	must(t, s.MergeSmall(t.Context(), 5))
	if n := len(packs(t, s)); n > 2 {
		t.Errorf("%d packs after merging", n)
	}
	for _, s := range []*Store{s, open(t, s.dir())} {
		wantChunks(t, s, chunks[1:]...)
		wantSound(t, s)
	}
	wantTidy(t, s)
}

// TestDuplicates: of two copies one goes, and never the only good one.
func TestDuplicates(t *testing.T) {
	chunk, filler, other := random(1, 50_000), random(2, 60_000), random(3, 1000)
	setUp := func(t *testing.T) (s *Store, large, small string) {
		s = newStore(t)
		small = store(t, s, chunk)
		unhold(t, s, chunk)
		return s, store(t, s, chunk, filler), small
	}
	t.Run("both good", func(t *testing.T) {
		s, large, small := setUp(t)
		if got := gc(t, s, GCOptions{}); got.Removed != 1 {
			t.Errorf("%+v", got)
		}
		if left := packs(t, s); len(left) != 1 || left[0] != large {
			t.Errorf("left: %v, of %s and %s", left, large, small)
		}
		wantChunks(t, s, chunk, filler)
		wantSound(t, s)
	})
	t.Run("the smaller pack is damaged", func(t *testing.T) {
		s, _, small := setUp(t)
		damage(t, small, chunk)
		gc(t, s, GCOptions{})
		wantChunks(t, s, chunk, filler)
		wantSound(t, s)
	})
	t.Run("the larger pack is damaged", func(t *testing.T) {
		s, large, _ := setUp(t)
		damage(t, large, chunk)
		_, err := s.GC(t.Context(), GCOptions{})
		t.Logf("gc says %v", err)
		for _, s := range []*Store{s, open(t, s.dir())} {
			wantChunks(t, s, chunk, filler)
		}
	})
	t.Run("the larger pack is damaged and mostly dead", func(t *testing.T) {
		s, large, _ := setUp(t)
		damage(t, large, chunk)
		unhold(t, s, filler)
		_, err := s.GC(t.Context(), GCOptions{})
		t.Logf("gc says %v", err)
		for _, s := range []*Store{s, open(t, s.dir())} {
			wantChunks(t, s, chunk)
		}
	})
	t.Run("both damaged", func(t *testing.T) {
		s, large, small := setUp(t)
		damage(t, large, chunk)
		damage(t, small, chunk)
		store(t, s, other)
		if _, err := s.GC(t.Context(), GCOptions{}); err == nil {
			t.Error("gc: no error")
		}
		if n := len(packs(t, s)); n != 3 {
			t.Errorf("%d packs left", n)
		}
		wantChunks(t, s, filler, other)
	})
}

// TestGCKeepsWhatItCannotRead: a damaged chunk is never rewritten, and its
// pack stays.
func TestGCKeepsWhatItCannotRead(t *testing.T) {
	s := newStore(t)
	chunks := several(1, 10, 10_000)
	base := store(t, s, chunks...)
	unhold(t, s, chunks[:7]...)
	damage(t, base, chunks[8])
	var corrupt *chunkstore.CorruptError
	if _, err := s.GC(t.Context(), GCOptions{}); !errors.As(err, &corrupt) || corrupt.ID != chunkstore.BlobID(chunks[8]) {
		t.Errorf("gc: %v", err)
	}
	wantChunks(t, open(t, s.dir()), chunks[7], chunks[9])
	if _, err := os.Stat(base + ".pack"); err != nil {
		t.Error(err)
	}
}

func TestGCOfADamagedIndex(t *testing.T) {
	s := newStore(t)
	chunks := several(1, 2, 1000)
	base := store(t, s, chunks[0])
	store(t, s, chunks[1])
	flip(t, base+".idx", 0)
	s = open(t, s.dir())
	if _, err := s.GC(t.Context(), GCOptions{}); err == nil {
		t.Error("gc: no error")
	}
	wantChunks(t, s, chunks[1])
	flip(t, base+".idx", 0)
	wantChunks(t, open(t, s.dir()), chunks...)
}

func TestGCIsAlone(t *testing.T) {
	s := newStore(t)
	unlock, err := open(t, s.dir()).lockGC()
	must(t, err)
	if _, err := s.GC(t.Context(), GCOptions{}); !errors.Is(err, ErrBusy) {
		t.Errorf("GC: %v", err)
	}
	if _, err := s.Adopt(t.Context(), none); !errors.Is(err, ErrBusy) {
		t.Errorf("Adopt: %v", err)
	}
	unlock()
	gc(t, s, GCOptions{})
}

func TestGCIsInterrupted(t *testing.T) {
	s := newStore(t)
	chunks := several(1, 10, 10_000)
	store(t, s, chunks...)
	unhold(t, s, chunks[:7]...)
	ctx, cancel := context.WithCancel(t.Context())
	o := GCOptions{Progress: func(int64) { cancel() }}
	if _, err := s.GC(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("gc: %v", err)
	}
	wantChunks(t, s, chunks[7:]...)
	gc(t, s, GCOptions{})
	wantChunks(t, s, chunks[7:]...)
	wantTidy(t, s)
}

// TestGCIsKilledWhileRemoving: the next one removes the rest.
func TestGCIsKilledWhileRemoving(t *testing.T) {
	chunk := random(1, 1000)
	for _, gone := range [][]string{{}, {".idx"}, {".idx", ".pack"}} {
		s := newStore(t)
		base := store(t, s, chunk)
		unhold(t, s, chunk)
		must(t, s.writeKeep(base+".keep", removedChunks))
		for _, ext := range gone {
			must(t, os.Remove(base+ext))
		}
		gc(t, s, GCOptions{})
		if left := glob(t, s.packDir, "*.pack"); len(left) != len(glob(t, s.packDir, "*.idx")) {
			t.Errorf("left: %v", left)
		}
		wantMissing(t, open(t, s.dir()), chunk)
		wantTidy(t, s)
	}
}

// TestAPackWithoutAnIndex is not ours to remove: its index can be made again.
func TestAPackWithoutAnIndex(t *testing.T) {
	s := newStore(t)
	chunk := random(1, 1000)
	base := store(t, s, chunk)
	must(t, os.Remove(base+".idx"))
	gc(t, open(t, s.dir()), GCOptions{})
	runGit(t, s.dir(), "index-pack", base+".pack")
	wantChunks(t, open(t, s.dir()), chunk)
}

type needed = func(context.Context, func(chunkstore.ID) error) error

func none(context.Context, func(chunkstore.ID) error) error { return nil }

func needs(chunks ...[]byte) needed {
	return func(_ context.Context, fn func(chunkstore.ID) error) error {
		for _, id := range append(idsOf(chunks), idsOf(chunks)...) {
			if err := fn(id); err != nil {
				return err
			}
		}
		return nil
	}
}

// TestAdopt: chunks that are here and needed become held, by gc too, instead
// of being cleared away.
func TestAdopt(t *testing.T) {
	chunks := several(1, 10, 10_000)
	absent := []byte("absent")
	setUp := func() *Store {
		s := newStore(t)
		store(t, s, chunks...)
		unhold(t, s, chunks...)
		return s
	}
	s := setUp()
	if n, err := s.Adopt(t.Context(), needs(append(chunks[:6:6], absent)...)); n != 6 || err != nil {
		t.Errorf("adopted %d, %v", n, err)
	}
	wantChunks(t, open(t, s.dir()), chunks[:6]...)
	if n, err := s.Adopt(t.Context(), needs(chunks[:6]...)); n != 0 || err != nil {
		t.Errorf("adopted again %d, %v", n, err)
	}

	s = setUp()
	before := state(t, s)
	if got := gc(t, s, GCOptions{DryRun: true, Needed: needs(chunks[:3]...)}); got.Adopted != 3 {
		t.Errorf("dry run: %+v", got)
	}
	if diff := cmp.Diff(before, state(t, s)); diff != "" {
		t.Errorf("dry run: %s", diff)
	}
	if got := gc(t, s, GCOptions{Needed: needs(append(chunks[:3:3], absent)...)}); got.Adopted != 3 || got.Repacked != 1 {
		t.Errorf("%+v", got)
	}
	wantChunks(t, open(t, s.dir()), chunks[:3]...)
	wantMissing(t, open(t, s.dir()), chunks[3:]...)
	wantSound(t, s)

	s = setUp()
	bad := errors.New("bad")
	failing := func(context.Context, func(chunkstore.ID) error) error { return bad }
	if _, err := s.GC(t.Context(), GCOptions{Needed: failing}); !errors.Is(err, bad) {
		t.Errorf("gc: %v", err)
	}
	if n := len(packs(t, s)); n != 1 {
		t.Errorf("%d packs: it must not remove what it does not know to be needless", n)
	}
}

// TestDryRunTells what then happens.
func TestDryRunTells(t *testing.T) {
	s := newStore(t)
	chunks := several(1, 20, 10_000)
	store(t, s, chunks[:10]...)
	store(t, s, chunks[10:]...)
	unhold(t, s, chunks[:15]...)
	o := GCOptions{Needed: needs(chunks[2])}
	o.DryRun = true
	dry := gc(t, s, o)
	o.DryRun = false
	if diff := cmp.Diff(dry, gc(t, s, o)); diff != "" {
		t.Error(diff)
	}
}

// TestReadersAndWritersBesideGC: every chunk that is held can be read all the
// time, by those who have begun before.
func TestReadersAndWritersBesideGC(t *testing.T) {
	s := newStore(t)
	chunks := several(1, 40, 2000)
	for i := range 10 {
		store(t, s, chunks[i*4:i*4+4]...)
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for i := range 3 {
		wg.Go(func() {
			reader := open(t, s.dir())
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				if n%50 == 0 && i == 0 {
					reader = open(t, s.dir())
				}
				wantChunks(t, reader, chunks[n%len(chunks)])
			}
		})
	}
	writer := open(t, s.dir())
	added := several(2, 30, 2000)
	wg.Go(func() {
		for i := range 10 {
			b := begin(t, writer, added[i*3:i*3+3]...)
			must(t, b.Commit(t.Context()))
			must(t, b.Settle())
		}
	})
	for range 6 {
		gc(t, s, GCOptions{})
		must(t, s.MergeSmall(t.Context(), 2))
	}
	close(stop)
	wg.Wait()
	wantChunks(t, open(t, s.dir()), append(chunks, added...)...)
	wantTidy(t, s)
	wantSound(t, s)
}
