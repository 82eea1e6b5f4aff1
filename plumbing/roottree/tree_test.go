// SPDX-License-Identifier: Apache-2.0

package roottree

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/repo"
)

const someMtree = `#mtree
. type=dir mode=0750
./a-b type=fifo
./a/b uname=www-data mode=0640
./a/c/dev/null type=char mode=0666 device=native,1,3
./a/x hardlink=./a/b
./empty type=dir
./etc type=dir gname=adm
`

func someFiles() map[string]file {
	return map[string]file{
		".devops/mtree":  plain(someMtree),
		".devops/config": plain(""),
		".gitattributes": plain(""),
		".gitignore":     plain(""),
		"a/b":            plain("one\n"),
		"a/x":            plain("one\n"),
		"a/run":          {repo.ModeExecutable, "#!/bin/sh\n"},
		"a.d":            {repo.ModeLink, "a"},
		"etc/.gitignore": plain("managed\n"),
		"etc/image":      plain(string((&chunkstore.Manifest{Params: chunkstore.DefaultParams()}).Encode())),
	}
}

func TestNodes(t *testing.T) {
	r := newRepo(t)
	tree := loadFiles(t, r, someFiles())
	with := func(n node.Node, edit func(n *node.Node)) node.Node { edit(&n); return n }
	implied := with(node.Default(node.Dir, false), func(n *node.Node) { n.Implied = true })
	ab := with(node.Default(node.File, false), func(n *node.Node) {
		n.Owner, n.Perm, n.Content = "www-data", 0o640, chunkstore.BlobID([]byte("one\n"))
	})
	want := map[string]node.Node{
		".":   with(node.Default(node.Dir, false), func(n *node.Node) { n.Perm = 0o750 }),
		"a":   implied,
		"a/b": ab,
		"a/c": implied, "a/c/dev": implied,
		"a/c/dev/null": with(node.Default(node.Char, false), func(n *node.Node) {
			n.Perm, n.Device = 0o666, node.Device{Major: 1, Minor: 3}
		}),
		"a/run":          with(node.Default(node.File, true), func(n *node.Node) { n.Content = chunkstore.BlobID([]byte("#!/bin/sh\n")) }),
		"a/x":            with(ab, func(n *node.Node) { n.Link = "a/b" }),
		"a-b":            node.Default(node.Fifo, false),
		"a.d":            with(node.Default(node.Symlink, false), func(n *node.Node) { n.Content = chunkstore.BlobID([]byte("a")) }),
		"empty":          node.Default(node.Dir, false),
		"etc":            with(node.Default(node.Dir, false), func(n *node.Node) { n.Group = "adm" }),
		"etc/.gitignore": with(node.Default(node.File, false), func(n *node.Node) { n.Content = chunkstore.BlobID([]byte("managed\n")) }),
		"etc/image": with(node.Default(node.File, false), func(n *node.Node) {
			n.Large, n.Content = true, chunkstore.BlobID([]byte(someFiles()["etc/image"].content))
		}),
	}
	paths, got := list(tree)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !slices.IsSortedFunc(paths, node.ComparePaths) || len(paths) != len(want) {
		t.Errorf("paths are out of order: %q", paths)
	}
	for path, want := range want {
		if got := tree.Get(path); got == nil || !cmp.Equal(*got, want) {
			t.Errorf("Get(%q) = %v", path, got)
		}
	}
	for _, path := range []string{".devops", ".devops/mtree", ".gitignore", "b", "a/b/c", "a/c/d", ""} {
		if got := tree.Get(path); got != nil {
			t.Errorf("Get(%q) = %v", path, got)
		}
	}
	for range tree.Nodes() {
		break // must not go on
	}
}

func TestControl(t *testing.T) {
	tree := loadFiles(t, newRepo(t), someFiles())
	if text, err := tree.Control(".devops/mtree"); err != nil || string(text) != someMtree {
		t.Errorf("mtree is %q, %v", text, err)
	}
	for _, path := range []string{".devops/actions", ".devops", "a/b"} {
		if text, err := tree.Control(path); !errors.Is(err, repo.ErrNotFound) {
			t.Errorf("Control(%q) = %q, %v", path, text, err)
		}
	}
}

// TestStaleMtree has lines of files that somebody has removed or changed without
// a look at .devops/mtree.
func TestStaleMtree(t *testing.T) {
	r := newRepo(t)
	tree := writeTree(t, r, map[string]file{
		".devops/mtree": plain(`./c uname=www mode=0666
./d mode=0666
./d/c type=link uname=www
./f mode=0600
./gone mode=0666
./l mode=0666
./other hardlink=./f
./same hardlink=./f
./solitary hardlink=./gone
./x hardlink=./f
`),
		"d/e": plain("e"), "f": plain("same"), "l": {repo.ModeLink, "d"},
		"other": plain("other"), "same": plain("same"), "solitary": plain("same"), "x": {repo.ModeExecutable, "same"},
	}).String()
	whole, err := Load(r, tree)
	if err != nil {
		t.Fatal(err)
	}
	lazy, err := NewLoader(r).Lazy(tree)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for path, n := range whole.Nodes() {
		if _, again := got[path]; again {
			t.Errorf("%s is there twice", path)
		}
		got[path] = fmt.Sprintf("%s %04o %s", n.Type, n.Perm, n.Link)
		if other, err := lazy.Get(path); err != nil || !same(&n, other) {
			t.Errorf("lazily, %s is %+v, %v, not %+v", path, other, err, n)
		}
	}
	want := map[string]string{
		"d": "dir 0755 ", "d/e": "file 0644 ", "f": "file 0600 ", "l": "link 0777 ", "other": "file 0600 ",
		"same": "file 0600 f", "solitary": "file 0666 ", "x": "file 0700 ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the nodes differ (-want +got):\n%s", diff)
	}
	for _, path := range []string{"c", "d/c", "gone"} {
		if n := whole.Get(path); n != nil {
			t.Errorf("%s is %+v", path, n)
		}
		if n, err := lazy.Get(path); n != nil || err != nil {
			t.Errorf("lazily, %s is %+v, %v", path, n, err)
		}
	}
}

func TestFromIndex(t *testing.T) {
	r := newRepo(t)
	want := loadFiles(t, r, someFiles())
	x := &repo.Index{}
	for path, f := range someFiles() {
		x.Entries = append(x.Entries, repo.Entry{Path: path, Mode: f.mode, ID: blob(t, r, f.content)})
	}
	x.Entries = append(x.Entries, repo.Entry{Path: "zz", Mode: repo.ModeFile, IntentToAdd: true})
	slices.SortFunc(x.Entries, func(a, b repo.Entry) int { return strings.Compare(a.Path, b.Path) })
	got, err := NewLoader(r).FromIndex(x)
	if err != nil {
		t.Fatal(err)
	}
	if got.ID() != want.ID() {
		t.Errorf("id is %s, want %s", got.ID(), want.ID())
	}
	_, wantNodes := list(want)
	_, gotNodes := list(got)
	if d := cmp.Diff(wantNodes, gotNodes); d != "" {
		t.Error(d)
	}
}

func TestConflictInIndex(t *testing.T) {
	x := &repo.Index{Entries: []repo.Entry{{Path: "a", Mode: repo.ModeFile, Stage: 2}}}
	var bad *BadTreeError
	r := newRepo(t)
	if _, err := NewLoader(r).FromIndex(x); !errors.As(err, &bad) || bad.Path != "a" {
		t.Errorf("error is %v", err)
	}
	if err := CheckIndex(r, x); !errors.As(err, &bad) || bad.Path != "a" {
		t.Errorf("error is %v", err)
	}
}
