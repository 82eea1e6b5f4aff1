// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
)

// damages are what can happen to a pack of which some chunks remain readable.
func damages(t *testing.T, base string, victim []byte) map[string]func() {
	return map[string]func(){
		"a chunk": func() { damage(t, base, victim) },
		"the trailer": func() {
			fi, err := os.Stat(base + ".pack")
			must(t, err)
			flip(t, base+".pack", fi.Size()-1)
		},
		"a CRC in the index":  func() { flip(t, base+".idx", 8+256*4+8*20+1) },
		"the index, cut off":  func() { must(t, os.Truncate(base+".idx", 1000)) },
		"the pack, cut short": func() { must(t, os.Truncate(base+".pack", 1000)) },
	}
}

func TestRepair(t *testing.T) {
	chunks := several(1, 8, 100_000)
	for name := range damages(t, "", nil) {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			base := store(t, s, chunks...)
			store(t, s, several(2, 2, 100_000)...)
			damages(t, base, chunks[3])[name]()

			s = open(t, s.dir())
			var paths []string
			var lost []chunkstore.ID
			for _, d := range check(t, s, CheckOptions{}) {
				if d.Path != "" {
					paths = append(paths, d.Path)
				} else {
					lost = append(lost, d.ID)
				}
			}
			if len(lost) > 0 {
				err := s.Repair(t.Context(), paths)
				var kept *KeptError
				if !errors.As(err, &kept) || kept.Path != base {
					t.Fatalf("without copies of what is lost: %v", err)
				}
				bringBack(t, s, chunks, lost)
			}
			must(t, s.Repair(t.Context(), paths))

			s = open(t, s.dir())
			if found := check(t, s, CheckOptions{}); len(found) > 0 {
				t.Errorf("after the repair: %+v", found)
			}
			for _, c := range chunks {
				if _, err := s.Get(t.Context(), chunkstore.BlobID(c)); err != nil {
					t.Error(err)
				}
			}
			if _, err := os.Stat(base + ".pack"); err == nil {
				t.Error("the damaged pack is still there")
			}
		})
	}
}

// bringBack stores what is lost anew, although it is held.
func bringBack(t *testing.T, s *Store, chunks [][]byte, lost []chunkstore.ID) {
	t.Helper()
	b, err := s.Begin(t.Context())
	must(t, err)
	for _, c := range chunks {
		if slices.Contains(lost, chunkstore.BlobID(c)) {
			fill(t, b, c)
		}
	}
	must(t, b.Commit(t.Context()))
	must(t, b.Settle())
}

func TestRepairLeavesForeignPacks(t *testing.T) {
	s := newStore(t)
	base := store(t, s, several(1, 2, 100_000)...)
	must(t, os.Remove(base+".keep"))
	must(t, os.WriteFile(base+".keep", []byte("mine\n"), 0o666))
	var kept *KeptError
	if err := s.Repair(t.Context(), []string{base + ".pack"}); !errors.As(err, &kept) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(base + ".pack"); err != nil {
		t.Error(err)
	}
}
