// SPDX-License-Identifier: Apache-2.0

package live

import (
	"os"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/node"
)

// TestEndless has a file that somebody has made so long that nobody can read it.
// The test would not end, did the scan do it.
func TestEndless(t *testing.T) {
	b := newBed(t)
	b.write("file", "x")
	b.write("was", "a file of any length")
	b.adopt()
	sizes := map[chunkstore.ID]int64{b.tree["file"].Content: 1, b.tree["was"].Content: 20}
	b.s.Size = func(content chunkstore.ID, large bool) (int64, bool) {
		size, ok := sizes[content]
		return size, ok && !large
	}
	b.wantDiff(nil)
	if err := os.Truncate(b.path("file"), 8<<40); err != nil {
		t.Skip(err)
	}
	for range 2 { // the second time with a cache
		b.wantDiff(map[string]node.Aspect{"file": node.AspectContent})
	}
	var seen *node.Node
	differs := func(path string, want, live *node.Node, _ node.Aspect) error {
		seen = live
		return nil
	}
	b.must(b.s.Compare(t.Context(), b.tree.Nodes(), differs))
	if seen == nil || seen.Large {
		t.Fatalf("live is %+v", seen)
	}
	// As it was seen, it is still the same; not once it was written to.
	b.tree = tree{"file": *seen}
	seen = nil
	b.must(b.s.Compare(t.Context(), b.tree.Nodes(), differs))
	if seen != nil {
		t.Error("it differs from itself")
	}
	b.settle()
	b.must(os.Truncate(b.path("file"), 9<<40))
	sizes[b.tree["file"].Content] = 8 << 40
	b.must(b.s.Compare(t.Context(), b.tree.Nodes(), differs))
	if seen == nil {
		t.Error("another length makes no difference")
	}
}
