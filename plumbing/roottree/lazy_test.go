// SPDX-License-Identifier: Apache-2.0

package roottree

import (
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/plumbing/repo"
)

func lazy(t *testing.T, r *repo.Repo, files map[string]file) *Lazy {
	t.Helper()
	z, err := NewLoader(r).Lazy(writeTree(t, r, files).String())
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestLazyIsTree(t *testing.T) {
	r := newRepo(t)
	tree := loadFiles(t, r, someFiles())
	paths, want := list(tree)
	for i, first := range paths {
		z := lazy(t, r, someFiles())
		if z.ID() != tree.ID() {
			t.Fatalf("id %v, not %v", z.ID(), tree.ID())
		}
		// Begin with another one each time: what was read before must not
		// matter.
		for _, path := range append([]string{first}, paths[:i]...) {
			got, err := z.Get(path)
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			if diff := cmp.Diff(want[path], *got); diff != "" {
				t.Errorf("%s: %s", path, diff)
			}
		}
	}
	z := lazy(t, r, someFiles())
	for _, path := range []string{"etc/absent", "absent/a", "a/b/c", "a.d/b", ".gitattributes", ".devops/mtree"} {
		if n, err := z.Get(path); n != nil || err != nil {
			t.Errorf("%s: %v, %v", path, n, err)
		}
	}
	if data, err := z.Control(".devops/mtree"); err != nil || string(data) != someMtree {
		t.Errorf("control: %q, %v", data, err)
	}
	if _, err := z.Control(".devops/absent"); !errors.Is(err, repo.ErrNotFound) {
		t.Errorf("absent control: %v", err)
	}
}

// TestLazyReadsLittle takes away the trees that it has no need of.
func TestLazyReadsLittle(t *testing.T) {
	r := newRepo(t)
	files := map[string]file{"a/b/c": plain("1\n"), "a/d": plain("2\n"), "e/f": plain("3\n")}
	z := lazy(t, r, files)
	sub := writeTree(t, r, map[string]file{"f": plain("3\n")})
	if err := os.Remove(loosePath(r, sub)); err != nil {
		t.Fatal(err)
	}
	if n, err := z.Get("a/b/c"); err != nil || n.Content != blob(t, r, "1\n") {
		t.Errorf("%v, %v", n, err)
	}
	if _, err := z.Get("e/f"); err == nil {
		t.Error("what is gone was read")
	}
	if _, err := z.Tree(); err == nil {
		t.Error("what is gone was loaded")
	}
}
