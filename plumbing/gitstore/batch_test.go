// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
)

// TestManyPacks: a batch of many chunks makes several packs, which git leaves
// alone.
func TestManyPacks(t *testing.T) {
	s := newStore(t)
	chunks := several(1, 3*packChunks+10, 300)
	b := begin(t, s, chunks...)
	fill(t, b, chunks[:200]...) // once more
	for _, id := range idsOf(chunks) {
		if has, err := b.Has(id); !has || err != nil {
			t.Fatalf("the batch has it not: %v", err)
		}
	}
	if held, err := s.Has(t.Context(), chunkstore.BlobID(chunks[0])); held || err != nil {
		t.Errorf("held before Commit: %v, %v", held, err)
	}
	must(t, b.Commit(t.Context()))
	must(t, b.Settle())
	b.Abort() // does nothing any more
	if n := len(packs(t, s)); n != 4 {
		t.Errorf("%d packs", n)
	}
	wantTidy(t, s)
	for _, args := range [][]string{{"gc", "-q", "--prune=now"}, {"repack", "-adq"}, {"prune", "--expire=now"}} {
		runGit(t, s.dir(), args...)
		wantChunks(t, open(t, s.dir()), chunks...)
	}
	wantSound(t, open(t, s.dir()))
	if n := len(packs(t, s)); n != 4 {
		t.Errorf("%d packs after git gc", n)
	}
}

// TestObjects: they are safe from git until Settle, and git's from then on.
func TestObjects(t *testing.T) {
	s := newStore(t)
	b := begin(t, s, random(1, 1000))
	small := [][]byte{[]byte("one"), []byte("two")}
	encoder := packfile.NewEncoder()
	for i, data := range append(small, small...) {
		o := encoder.Encode(packfile.Blob, chunkstore.BlobID(data), data)
		must(t, b.AppendObject(o, 2))
		o.Release()
		if i == 0 {
			must(t, b.FinishObjects()) // a pack of its own
		}
	}
	must(t, b.Commit(t.Context()))
	must(t, b.FinishObjects())
	must(t, b.FinishObjects())
	runGit(t, s.dir(), "gc", "-q", "--prune=now")
	for _, data := range small {
		runGit(t, s.dir(), "cat-file", "-e", chunkstore.BlobID(data).String())
	}
	must(t, b.Settle())
	wantTidy(t, s)
	runGit(t, s.dir(), "gc", "-q", "--prune=now")
	for _, data := range small {
		if has, err := open(t, s.dir()).repo.Has(chunkstore.BlobID(data)); has || err != nil {
			t.Errorf("git did not prune what nothing names: %v", err)
		}
	}
}

func TestEmptyBatch(t *testing.T) {
	s := newStore(t)
	b := begin(t, s)
	must(t, b.Commit(t.Context()))
	must(t, b.FinishObjects())
	must(t, b.Settle())
	wantTidy(t, s)
	if _, ok, err := s.repo.Ref(HeldRef); ok || err != nil {
		t.Errorf("a held set of nothing: %v, %v", ok, err)
	}
}

// TestAbort: nothing is left, unless the chunks may be held.
func TestAbort(t *testing.T) {
	s := newStore(t)
	chunks := several(1, packChunks+5, 100)
	b := begin(t, s, chunks...)
	finished(t, b)
	fill(t, b, random(2, 100))
	must(t, b.AppendObject(packfile.NewEncoder().Encode(packfile.Blob, chunkstore.BlobID(nil), nil), 1))
	b.Abort()
	b.Abort()
	wantTidy(t, s)
	if p := glob(t, s.packDir, "*"); len(p) > 0 {
		t.Errorf("left: %v", p)
	}
	wantMissing(t, open(t, s.dir()), chunks...)

	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	b = begin(t, s, chunks...)
	if err := b.Commit(cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	b.Abort()
	wantTidy(t, s)

	b = begin(t, s, chunks...)
	must(t, b.Commit(t.Context()))
	b.Abort()
	wantChunks(t, open(t, s.dir()), chunks...)
	must(t, begin(t, s).Settle())
	wantTidy(t, s)
	wantSound(t, s)
}

// TestTwoStores: each moves the held set from where the other has left it.
func TestTwoStores(t *testing.T) {
	dir := newDir(t)
	a, b := open(t, dir), open(t, dir)
	chunks := several(1, 60, 200)
	first, second := begin(t, a, chunks[:30]...), begin(t, b, chunks[20:50]...)
	must(t, first.Commit(t.Context()))
	must(t, second.Commit(t.Context()))
	must(t, second.Settle())
	must(t, first.Settle())
	third := begin(t, a, chunks[50:]...) // a has seen nothing of b's
	must(t, third.Commit(t.Context()))
	must(t, third.Settle())
	for _, s := range []*Store{a, open(t, dir)} {
		wantChunks(t, s, chunks...)
		wantTidy(t, s)
		wantSound(t, s)
	}
}

// TestPutWhatAnotherHasPut: it is held here, too, when Put returns.
func TestPutWhatAnotherHasPut(t *testing.T) {
	dir := newDir(t)
	a, b := open(t, dir), open(t, dir)
	chunk := random(1, 1000)
	for _, s := range []*Store{a, b} {
		must(t, s.Put(t.Context(), chunkstore.BlobID(chunk), chunk))
		wantChunks(t, s, chunk)
	}
}

func TestManyStoresAtOnce(t *testing.T) {
	dir := newDir(t)
	chunks := several(1, 120, 500)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			s := open(t, dir)
			for j := range 3 {
				own := chunks[i*30+j*10:][:10]
				b := begin(t, s, append(own, chunks[:3]...)...) // and some that all have
				must(t, b.Commit(t.Context()))
				must(t, b.Settle())
			}
		})
	}
	wg.Wait()
	s := open(t, dir)
	wantChunks(t, s, chunks...)
	wantTidy(t, s)
	wantSound(t, s)
}

// TestTheSamePackTwice: of two writers with the same chunks, each can fail
// without taking anything from the other.
func TestTheSamePackTwice(t *testing.T) {
	chunks := several(1, 5, 1000)
	ends := map[string]func(*testing.T, *Store, *Batch){
		"aborts": func(_ *testing.T, _ *Store, b *Batch) { b.Abort() },
		"dies and is cleared away": func(t *testing.T, s *Store, b *Batch) {
			die(b)
			_, err := open(t, s.dir()).GC(t.Context(), GCOptions{})
			must(t, err)
		},
		"dies and is adopted": func(t *testing.T, s *Store, b *Batch) {
			die(b)
			must(t, begin(t, open(t, s.dir())).Settle())
		},
		"finishes": func(t *testing.T, _ *Store, b *Batch) {
			must(t, b.Commit(t.Context()))
			must(t, b.Settle())
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			first, second := begin(t, s, chunks...), begin(t, open(t, s.dir()), chunks...)
			finished(t, first)
			finished(t, second)
			end(t, s, first)
			must(t, second.Commit(t.Context()))
			must(t, second.Settle())
			wantChunks(t, open(t, s.dir()), chunks...)
			wantSound(t, open(t, s.dir()))
		})
	}
}

// TestDeadWriters: whenever a writer dies, the next batch takes up what is
// whole, gc clears it away, and what was held by then stays held.
func TestDeadWriters(t *testing.T) {
	chunks := several(1, packChunks+5, 100) // a finished pack and an open one
	small := []byte("object")
	deaths := map[string]struct {
		die    func(*testing.T, *Batch)
		whole  int // chunks that a batch takes up
		stayed int // chunks that even gc leaves
	}{
		"writing":  {func(*testing.T, *Batch) {}, packChunks, 0},
		"finished": {func(t *testing.T, b *Batch) { finished(t, b) }, len(chunks), 0},
		"held": {func(t *testing.T, b *Batch) {
			finished(t, b)
			must(t, b.hold(t.Context(), idsOf(chunks)))
		}, len(chunks), len(chunks)},
		"half settled": {func(t *testing.T, b *Batch) {
			base := finished(t, b)
			must(t, b.hold(t.Context(), idsOf(chunks)))
			must(t, b.s.settleChunks(base+".keep"))
		}, len(chunks), len(chunks)},
		"objects finished": {func(t *testing.T, b *Batch) {
			must(t, b.AppendObject(packfile.NewEncoder().Encode(packfile.Blob, chunkstore.BlobID(small), small), 1))
			must(t, b.Commit(t.Context()))
			must(t, b.FinishObjects())
		}, len(chunks), len(chunks)},
	}
	for name, d := range deaths {
		for _, abandon := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, abandoned %v", name, abandon), func(t *testing.T) {
				run := func() (*Store, *Store) {
					dir := newDir(t)
					early := open(t, dir) // has seen nothing of what follows
					s := open(t, dir)
					b := begin(t, s, chunks...)
					must(t, b.finishing.Wait())
					d.die(t, b)
					if abandon {
						b.Abandon()
					} else {
						die(b)
						dropSpool(b)
					}
					return early, s
				}
				s, _ := run()
				next := begin(t, s)
				must(t, next.Commit(t.Context()))
				must(t, next.Settle())
				wantChunks(t, s, chunks[:d.whole]...)
				wantMissing(t, s, chunks[d.whole:]...)
				wantTidy(t, s)
				wantSound(t, s)

				s, _ = run()
				_, err := s.GC(t.Context(), GCOptions{})
				must(t, err)
				wantChunks(t, s, chunks[:d.stayed]...)
				wantMissing(t, s, chunks[d.stayed:]...)
				wantTidy(t, s)
				wantSound(t, s)
			})
		}
	}
}

// dropSpool unlocks the temporary files of a batch, as the kernel does when
// the process dies.
func dropSpool(b *Batch) {
	for _, w := range []*packfile.Writer{b.current, b.objects} {
		if w != nil {
			w.Abort()
		}
	}
}

// TestLivingWritersAreLeftAlone by everyone else.
func TestLivingWritersAreLeftAlone(t *testing.T) {
	s := newStore(t)
	chunks := several(1, 10, 1000)
	b := begin(t, s, chunks[:5]...)
	finished(t, b)
	fill(t, b, chunks[5:]...)
	other := open(t, s.dir())
	must(t, begin(t, other, random(2, 100)).Settle())
	_, err := other.GC(t.Context(), GCOptions{})
	must(t, err)
	must(t, other.MergeSmall(t.Context(), 1))
	runGit(t, s.dir(), "gc", "-q", "--prune=now")
	must(t, b.Commit(t.Context()))
	must(t, b.Settle())
	wantChunks(t, open(t, s.dir()), chunks...)
	wantTidy(t, s)
}

// TestHalfAPack: a .keep without a pack, and a pack without an index, go.
func TestHalfAPack(t *testing.T) {
	for _, missing := range [][]string{{".idx"}, {".idx", ".pack"}} {
		s := newStore(t)
		chunk := random(1, 1000)
		b := begin(t, s, chunk)
		base := finished(t, b)
		for _, ext := range missing {
			must(t, os.Remove(base+ext))
		}
		die(b)
		must(t, begin(t, s).Settle())
		if left := glob(t, s.packDir, "*"); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
		wantTidy(t, s)
		wantMissing(t, s, chunk)
	}
}

// TestTakeUpAgain: what could not be taken up stays for the next time, in the
// same process, too.
func TestTakeUpAgain(t *testing.T) {
	s := newStore(t)
	chunk := random(1, 1000)
	b := begin(t, s, chunk)
	base := finished(t, b)
	die(b)
	flip(t, base+".idx", 0)
	if b, err := s.Begin(t.Context()); err == nil {
		b.Abort()
		t.Fatal("a damaged index: no error")
	}
	flip(t, base+".idx", 0)
	must(t, begin(t, s).Settle())
	wantChunks(t, s, chunk)
	wantTidy(t, s)
}

// TestNoWriterOfThatName: the packs of a writer that is not known here, as in a
// copy of the object directory, are those of a dead one.
func TestNoWriterOfThatName(t *testing.T) {
	s := newStore(t)
	chunk := random(1, 1000)
	b := begin(t, s, chunk)
	finished(t, b)
	die(b)
	must(t, os.Remove(b.writer.file.Name()))
	_, err := s.GC(t.Context(), GCOptions{})
	must(t, err)
	wantMissing(t, s, chunk)
	wantTidy(t, s)
}

// TestNoPlaceToWrite: where directories cannot be made, there is an error.
func TestNoPlaceToWrite(t *testing.T) {
	s := newStore(t)
	must(t, os.WriteFile(filepath.Dir(s.spool), nil, 0o666))
	if _, err := s.Begin(t.Context()); err == nil {
		t.Error("Begin: no error")
	}
	if _, err := s.GC(t.Context(), GCOptions{}); err == nil {
		t.Error("GC: no error")
	}
	must(t, os.Remove(filepath.Dir(s.spool)))
	must(t, os.MkdirAll(s.spool, 0o777))
	must(t, os.WriteFile(s.writers, nil, 0o666))
	if _, err := s.Begin(t.Context()); err == nil {
		t.Error("Begin, no writers: no error")
	}
}

// TestAppendWhileFinishing: a batch that is faster than the disk does not wait
// for itself.
func TestAppendWhileFinishing(t *testing.T) {
	s := newStore(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := begin(t, s, slices.Concat(several(1, 8*packChunks, 40))...)
		must(t, b.Commit(t.Context()))
		must(t, b.Settle())
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("it hangs")
	}
}
