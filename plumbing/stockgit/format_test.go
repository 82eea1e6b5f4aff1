// SPDX-License-Identifier: Apache-2.0

package stockgit

import (
	"os"
	"strings"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
)

// TestExampleOfTheFormat: what FORMAT.md shows is what a server gets.
func TestExampleOfTheFormat(t *testing.T) {
	format, err := os.ReadFile("FORMAT.md")
	must(t, err)
	data, err := os.ReadFile("../../chunkstore/testdata/manifest-1")
	must(t, err)
	m, s := newMachine(t), newStock(t)
	id, err := m.repo.WriteObject("blob", data)
	must(t, err)
	m.hold([]byte("head\n"), []byte("tail\n"))
	push(t, m.server(s), m, PushOptions{}, Needed{id, "file"})
	ref := s.run("for-each-ref", "--format=%(objectname)\t%(refname)")
	tree := s.run("ls-tree", "-r", ManifestRefs+id.String())
	for _, want := range []string{ref, tree[:strings.IndexByte(tree, '\n')]} {
		if !strings.Contains(string(format), "    "+want+"\n") {
			t.Errorf("FORMAT.md does not show %q", want)
		}
	}
	if chunkstore.BlobID([]byte("head\n")).String() != tree[len("100644 blob "):][:40] {
		t.Errorf("the tree is %s", tree)
	}
}
