// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"errors"
	"io/fs"
	"sync"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
)

// TestCloseBesideReads closes a store while others read: the packs, and the
// repository, which is closed next, may only go when nobody uses them.
func TestCloseBesideReads(t *testing.T) {
	data := []byte("a chunk")
	id := chunkstore.BlobID(data)
	for range 20 {
		s := newStore(t)
		if err := s.Put(t.Context(), id, data); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range 100_000 {
					_, err := s.Get(t.Context(), id)
					_, raw := s.ReadRaw(t.Context(), id, nil)
					_, has := s.Has(t.Context(), id)
					if err := errors.Join(err, raw, has); err != nil {
						if !errors.Is(err, fs.ErrClosed) {
							t.Error(err)
						}
						return
					}
				}
				t.Error("what is closed can be read")
			})
		}
		s.Close()
		all.Wait()
	}
}
