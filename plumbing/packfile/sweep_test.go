// SPDX-License-Identifier: Apache-2.0

package packfile

import (
	"sync"
	"testing"

	"github.com/git-devops/git-devops/plumbing/spool"
)

func TestSweepBesideWriters(t *testing.T) {
	dir, packs := t.TempDir(), t.TempDir()
	stop, swept := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(swept)
		for {
			select {
			case <-stop:
				return
			default:
				if err := spool.Sweep(dir); err != nil {
					t.Error(err)
				}
			}
		}
	}()
	var writers sync.WaitGroup
	for g := range 4 {
		writers.Go(func() {
			for i := range 20 {
				w, err := Create(dir, 1)
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
	if left := names(t, dir); len(left) > 0 {
		t.Errorf("left in the spool: %q", left)
	}
}
