// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/copies"
)

func wantHolding(t *testing.T, s *Store, ids []chunkstore.ID, want ...bool) {
	t.Helper()
	got, err := s.Holding(t.Context(), ids)
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("holding:\n%s", diff)
	}
}

func TestDropAndRestore(t *testing.T) {
	s := newStore(t)
	chunks := several(1, 4, 5000)
	ids := idsOf(chunks)
	must(t, s.Drop(t.Context(), ids)) // nothing is held yet
	if _, ok, err := s.repo.Ref(HeldRef); ok || err != nil {
		t.Errorf("a held set came to be: %v", err)
	}
	store(t, s, chunks[:3]...)
	other := open(t, s.dir())
	wantHolding(t, other, ids, true, true, true, false)

	must(t, s.Drop(t.Context(), ids[1:]))
	wantHolding(t, other, ids, true, false, false, false) // it does not go by what it knew
	must(t, s.Drop(t.Context(), ids[1:]))

	gone, err := s.Restore(t.Context(), ids)
	must(t, err)
	if diff := cmp.Diff(ids[3:], gone); diff != "" {
		t.Error(diff)
	}
	wantHolding(t, other, ids, true, true, true, false)

	must(t, s.Drop(t.Context(), ids[:3]))
	gc(t, s, GCOptions{})
	wantHolding(t, other, ids, false, false, false, false)
	if gone, err = other.Restore(t.Context(), ids); err != nil || len(gone) != 4 {
		t.Errorf("%d gone, %v", len(gone), err)
	}
	wantSound(t, s)
	wantTidy(t, s)
}

// TestDropsAtOnce: none of them undoes what another has done.
func TestDropsAtOnce(t *testing.T) {
	s := newStore(t)
	chunks := several(1, 40, 100)
	ids := idsOf(chunks)
	store(t, s, chunks...)
	var wait sync.WaitGroup
	for i := range 4 {
		other := open(t, s.dir())
		wait.Go(func() {
			for j := i; j < 20; j += 4 {
				if err := other.Drop(t.Context(), ids[j:j+1]); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	holding, err := s.Holding(t.Context(), ids)
	must(t, err)
	for i, has := range holding {
		if has != (i >= 20) {
			t.Errorf("chunk %d: %v", i, has)
		}
	}
}

// TestAlternatesAreNoCopy: what lies only in another repository's objects is
// that repository's copy.
func TestAlternatesAreNoCopy(t *testing.T) {
	origin := newStore(t)
	chunks := several(1, 2, 5000)
	store(t, origin, chunks[0])
	s := newStore(t)
	must(t, os.WriteFile(filepath.Join(s.repo.ObjectsDir(), "info", "alternates"),
		[]byte(origin.repo.ObjectsDir()+"\n"), 0o666))
	s = open(t, s.dir())
	store(t, s, chunks[1])
	must(t, s.Hold(t.Context(), idsOf(chunks)))
	wantHolding(t, s, idsOf(chunks), false, true)
}

// intend announces, as a dropper does that dies after it has dropped.
func intend(t *testing.T, s *Store, ids []chunkstore.ID) *copies.Custody {
	t.Helper()
	c, err := copies.Open(s.repo.CommonDir(), dying{s})
	must(t, err)
	_, err = copies.Drop(t.Context(), c, ids, copies.DropOptions{Force: true})
	if !errors.Is(err, errDied) {
		t.Fatal(err)
	}
	c, err = copies.Open(s.repo.CommonDir(), s)
	must(t, err)
	return c
}

var errDied = errors.New("the dropper died")

type dying struct{ *Store }

func (d dying) Drop(ctx context.Context, ids []chunkstore.ID) error {
	return errors.Join(d.Store.Drop(ctx, ids), errDied)
}

func (d dying) Restore(context.Context, []chunkstore.ID) ([]chunkstore.ID, error) {
	return nil, errDied
}

// TestGCSparesIntents: what a dropper that died has taken out of the held set
// stays until it is back.
func TestGCSparesIntents(t *testing.T) {
	chunks := several(1, 10, 10_000)
	ids := idsOf(chunks)
	for name, dropped := range map[string]int{"the whole pack": 10, "most of it": 7, "some of it": 2} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			store(t, s, chunks...)
			c := intend(t, s, ids[:dropped])
			if dropped == 7 { // and some that nobody wants: the pack is rewritten
				must(t, s.Drop(t.Context(), ids[7:]))
				must(t, s.Drop(t.Context(), ids[:1]))
			}
			holding, err := s.Holding(t.Context(), ids[:dropped])
			must(t, err)
			if slices.Contains(holding, true) {
				t.Error("still held")
			}
			gc(t, s, GCOptions{})
			must(t, s.MergeSmall(t.Context(), 1))
			must(t, c.Recover(t.Context()))
			wantChunks(t, open(t, s.dir()), chunks[:dropped]...)
			wantSound(t, s)
			if left := glob(t, filepath.Join(s.private, "locks"), "intent-*"); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// TestGCSparesIntentsInDeadPacks: the chunk was held from a pack whose writer
// died before it settled that.
func TestGCSparesIntentsInDeadPacks(t *testing.T) {
	s := newStore(t)
	chunk := random(1, 5000)
	b := begin(t, s, chunk)
	must(t, b.finishChunks(t.Context()))
	must(t, b.hold(t.Context(), b.pendingIDs()))
	b.end(false)
	c := intend(t, s, idsOf([][]byte{chunk}))
	gc(t, s, GCOptions{})
	must(t, c.Recover(t.Context()))
	wantChunks(t, open(t, s.dir()), chunk)
}

// TestRestoreWaitsForGC: else gc might go by a held set from before.
func TestRestoreWaitsForGC(t *testing.T) {
	s := newStore(t)
	chunk := random(1, 5000)
	store(t, s, chunk)
	unlock, err := open(t, s.dir()).lockGC()
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 3*gcPause)
	defer cancel()
	if _, err := s.Restore(ctx, idsOf([][]byte{chunk})); !errors.Is(err, ErrBusy) {
		t.Errorf("beside gc: %v", err)
	}
	go func() {
		time.Sleep(2 * gcPause)
		unlock()
	}()
	_, err = s.Restore(t.Context(), idsOf([][]byte{chunk}))
	must(t, err)
}

// TestDroppedIsNotAdopted: a manifest names the chunk, and its content may
// still lie here.
func TestDroppedIsNotAdopted(t *testing.T) {
	s := newStore(t)
	chunks := several(1, 10, 5000)
	ids := idsOf(chunks)
	store(t, s, chunks...)
	must(t, s.Drop(t.Context(), ids[:3]))
	needed := func(_ context.Context, fn func(chunkstore.ID) error) error {
		for _, id := range ids {
			if err := fn(id); err != nil {
				return err
			}
		}
		return nil
	}
	if got := gc(t, s, GCOptions{Needed: needed}); got.Adopted != 0 {
		t.Errorf("gc adopted %d", got.Adopted)
	}
	if n, err := s.Adopt(t.Context(), needed); n != 0 || err != nil {
		t.Errorf("adopted %d, %v", n, err)
	}
}

// TestDroppedWhileAdded: of a chunk that need not be stored, because it was
// held when the batch looked.
func TestDroppedWhileAdded(t *testing.T) {
	old, fresh := random(1, 5000), random(2, 5000)
	ids := idsOf([][]byte{old})
	relying := func(t *testing.T, s *Store) *Batch {
		t.Helper()
		b := begin(t, s, fresh)
		if has, err := b.Has(ids[0]); !has || err != nil {
			t.Fatal(has, err)
		}
		return b
	}
	t.Run("the content is still there", func(t *testing.T) {
		s := newStore(t)
		store(t, s, old)
		b := relying(t, s)
		must(t, open(t, s.dir()).Drop(t.Context(), ids))
		must(t, b.Commit(t.Context()))
		must(t, b.Settle())
		gc(t, s, GCOptions{})
		wantChunks(t, open(t, s.dir()), old, fresh)
	})
	t.Run("gc was faster", func(t *testing.T) {
		s := newStore(t)
		store(t, s, old)
		b := relying(t, s)
		other := open(t, s.dir())
		must(t, other.Drop(t.Context(), ids))
		gc(t, other, GCOptions{})
		if err := b.Commit(t.Context()); !errors.Is(err, ErrDropped) {
			t.Errorf("commit: %v", err)
		}
		b.Abort()
		wantHolding(t, other, idsOf([][]byte{old, fresh}), false, false)
		b = begin(t, s, fresh)
		if has, err := b.Has(ids[0]); has || err != nil {
			t.Errorf("the next time: %v, %v", has, err)
		}
		fill(t, b, old)
		must(t, b.Commit(t.Context()))
		must(t, b.Settle())
		wantChunks(t, open(t, s.dir()), old, fresh)
	})
	t.Run("while gc runs", func(t *testing.T) {
		s := newStore(t)
		store(t, s, old)
		b := relying(t, s)
		other := open(t, s.dir())
		must(t, other.Drop(t.Context(), ids))
		unlock, err := other.lockGC()
		must(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 3*gcPause)
		defer cancel()
		if err := b.Commit(ctx); !errors.Is(err, ErrBusy) {
			t.Errorf("commit: %v", err)
		}
		unlock()
		must(t, b.Commit(t.Context()))
		must(t, b.Settle())
		wantChunks(t, open(t, s.dir()), old, fresh)
	})
	t.Run("between two commits", func(t *testing.T) {
		s := newStore(t)
		b := begin(t, s, old)
		must(t, b.Commit(t.Context()))
		other := open(t, s.dir())
		must(t, other.Drop(t.Context(), ids))
		gc(t, other, GCOptions{})
		fill(t, b, fresh)
		must(t, b.Commit(t.Context()))
		must(t, b.Settle())
		wantHolding(t, other, idsOf([][]byte{old, fresh}), false, true)
	})
}

func TestWriting(t *testing.T) {
	s := newStore(t)
	want := func(want bool) {
		t.Helper()
		if got, err := open(t, s.dir()).Writing(); got != want || err != nil {
			t.Errorf("writing: %v, %v", got, err)
		}
	}
	want(false)
	b := begin(t, s, random(1, 5000))
	want(true)
	must(t, b.Commit(t.Context()))
	want(true)
	must(t, b.Settle())
	want(false)
	begin(t, s, random(2, 5000)).Abandon()
	want(false)
}

// TestReadBesideGC: a reader finds a chunk wherever gc has moved it to.
func TestReadBesideGC(t *testing.T) {
	s := newStore(t)
	chunks := several(1, 12, 3000)
	ids := idsOf(chunks)
	store(t, s, chunks...)
	done := make(chan struct{})
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			for {
				reader := open(t, s.dir())
				for _, id := range ids[10:] {
					if _, err := reader.Get(context.Background(), id); err != nil {
						t.Error(err)
					}
				}
				reader.Close()
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for i := range 10 {
		must(t, s.Drop(t.Context(), ids[i:i+1]))
		gc(t, s, GCOptions{})
		store(t, s, chunks[i])
		must(t, s.MergeSmall(t.Context(), 1))
	}
	close(done)
	wait.Wait()
}
