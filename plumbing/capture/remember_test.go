// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"errors"
	"os"
	"testing"

	"github.com/git-devops/git-devops/plumbing/live"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/roottree"
)

// scan compares the root with what is committed, and returns the paths that
// differ. When tree is false the tree must not be needed.
func (b *bed) scan(tree bool) []string {
	b.Helper()
	id, err := b.c.Repo.ResolveTree("HEAD")
	b.must(err)
	s := live.Scanner{Root: b.c.Root, Names: ids{}, Params: b.c.Params, Cache: b.c.Cache}
	var paths []string
	load := func() (live.Tree, error) {
		if !tree {
			return nil, errors.New("the tree is needed")
		}
		return roottree.Load(b.c.Repo, "HEAD")
	}
	b.must(s.Scan(b.Context(), id, load, func(path string, _, _ *node.Node, _ node.Aspect) error {
		paths = append(paths, path)
		return nil
	}))
	return paths
}

// TestCaptureRemembers looks at the root after it was captured: nothing of the
// tree is needed, and what the tree says is the same.
func TestCaptureRemembers(t *testing.T) {
	b := newRoot(t)
	steps := []struct {
		name   string
		change func()
		paths  []string
	}{
		{"all", func() {
			for _, name := range []string{"a/one", "a/two", "a/b/three", "c/four", "c/five"} {
				b.write(name, name)
			}
			b.must(os.Link(b.path("a/one"), b.path("a/link")))
			b.must(os.Symlink("one", b.path("a/sym")))
			b.must(os.Mkdir(b.path("empty"), 0o700))
		}, []string{"."}},
		{"some", func() {
			b.write("a/one", "changed")
			b.write("c/new", "new")
			b.must(os.Chmod(b.path("c/four"), 0o600))
		}, []string{"a/one", "c"}},
		{"removed", func() {
			b.must(os.RemoveAll(b.path("a/b")))
			b.must(os.Remove(b.path("c/five")))
		}, []string{"a/b", "c/five"}},
		{"the first link", func() { b.must(os.Remove(b.path("a/link"))) }, []string{"a/link"}},
	}
	for _, s := range steps {
		s.change()
		settle()
		b.add(s.paths...)
		b.git("commit", "-qm", s.name)
		wantTold(t, b.scan(false))
		b.must(os.Rename(b.c.Cache, b.c.Cache+".kept"))
		wantTold(t, b.scan(true))
		b.must(os.Rename(b.c.Cache+".kept", b.c.Cache))
	}
	b.write("c/four", "drift")
	wantTold(t, b.scan(true), "c/four")
	b.add("c/four") // what the cache knows of drift is not in the repository
	b.git("commit", "-qm", "drift")
	b.git("fsck", "--full", "--strict")
	wantTold(t, b.scan(true))
}
