// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
)

// TestPrunedMeanwhile: another process adds chunks, and git prunes the trees
// that the held set consisted of before.
func TestPrunedMeanwhile(t *testing.T) {
	before := newStore(t)
	first, second := random(1, 1000), random(2, 1000)
	store(t, before, first)
	for name, use := range map[string]func(t *testing.T, s *Store){
		"Has": func(t *testing.T, s *Store) {
			has, err := s.Has(t.Context(), chunkstore.BlobID(second))
			if !has || err != nil {
				t.Errorf("got %v, %v", has, err)
			}
		},
		"EachHeld": func(t *testing.T, s *Store) {
			n := 0
			must(t, s.EachHeld(func(chunkstore.ID) error { n++; return nil }))
			if n < 2 {
				t.Errorf("got %d chunks", n)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			old := open(t, before.dir()).root
			store(t, open(t, before.dir()), second, []byte(name))
			runGit(t, before.dir(), "gc", "--quiet", "--prune=now")
			// It read the ref before, and looks for packs after.
			s := open(t, before.dir())
			s.root, s.held = old, chunkstore.OpenHeld(s.readTree, old)
			use(t, s)
		})
	}
}
