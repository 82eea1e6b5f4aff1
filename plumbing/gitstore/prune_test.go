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
			s := open(t, before.dir())
			store(t, open(t, before.dir()), second, []byte(name))
			runGit(t, before.dir(), "gc", "--quiet", "--prune=now")
			println(s.root.String(), runGit(t, before.dir(), "cat-file", "--batch-all-objects", "--batch-check"), runGit(t, before.dir(), "rev-parse", "refs/devops/held"), runGit(t, before.dir(), "fsck", "--unreachable"))
			use(t, s)
		})
	}
}
