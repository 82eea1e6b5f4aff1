// SPDX-License-Identifier: Apache-2.0

package packfile

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSweep(t *testing.T) {
	dir := t.TempDir()
	live, err := Create(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	dead, err := Create(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	dead.f.Close() // as the kernel does when the process dies
	foreign := filepath.Join(dir, "note")
	if err := os.WriteFile(foreign, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := Sweep(dir); err != nil {
		t.Fatal(err)
	}
	want := []string{"note", filepath.Base(live.f.Name())}
	if diff := cmp.Diff(want, names(t, dir)); diff != "" {
		t.Error(diff)
	}
	appendAll(t, live, blobs([]byte("x")))
	if _, err := live.Finish(t.TempDir(), ""); err != nil {
		t.Error(err)
	}
}

func TestSweepNoDirectory(t *testing.T) {
	if err := Sweep(filepath.Join(t.TempDir(), "absent")); err != nil {
		t.Error(err)
	}
}

func TestSweepBesideWriters(t *testing.T) {
	spool, packs := t.TempDir(), t.TempDir()
	stop, swept := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(swept)
		for {
			select {
			case <-stop:
				return
			default:
				if err := Sweep(spool); err != nil {
					t.Error(err)
				}
			}
		}
	}()
	var writers sync.WaitGroup
	for g := range 4 {
		writers.Go(func() {
			for i := range 20 {
				w, err := Create(spool, 1)
				if err != nil {
					t.Error(err)
					return
				}
				it := item{Blob, []byte{byte(g), byte(i)}}
				if err := w.Append(NewEncoder().Encode(Blob, it.id(), it.data)); err != nil {
					t.Error(err)
				}
				if _, err := w.Finish(packs, "keep"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	close(stop)
	<-swept
	if got := len(names(t, packs)); got != 3*80 {
		t.Errorf("%d files, want %d", got, 3*80)
	}
	if left := names(t, spool); len(left) > 0 {
		t.Errorf("left in the spool: %q", left)
	}
}
