// SPDX-License-Identifier: Apache-2.0

package roottree

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/mtree"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/repo"
)

func TestBadNames(t *testing.T) {
	r := newRepo(t)
	id := blob(t, r, "x")
	names := []string{
		"..", ".", "", "a/b", "/", ".git", ".GIT", ".git.", ".git ", ".git::$DATA", "git~1", "GIT~1",
		`.git\hooks`, `a\.git`, ".g\u200cit", "\ufeff.Git", strings.Repeat("n", 256),
	}
	for _, name := range names {
		for _, mode := range []uint32{repo.ModeFile, repo.ModeLink, repo.ModeTree} {
			bad := repo.TreeEntry{Name: name, Mode: mode, ID: id}
			if mode == repo.ModeTree {
				bad.ID = writeTree(t, r, map[string]file{"x": plain("x")})
			}
			below := writeEntries(t, r, []repo.TreeEntry{bad})
			top := writeEntries(t, r, []repo.TreeEntry{{Name: "etc", Mode: repo.ModeTree, ID: below}})
			refuses(t, r, top, "etc")
		}
	}
}

// refuses checks that a tree is refused with an error that names path.
func refuses(t *testing.T, r *repo.Repo, id chunkstore.ID, path string) {
	t.Helper()
	_, err := Load(r, id.String())
	var bad *BadTreeError
	if !errors.As(err, &bad) || !strings.HasPrefix(bad.Path, path) {
		t.Errorf("error is %v, want one for %q", err, path)
	}
}

func TestBadTrees(t *testing.T) {
	r := newRepo(t)
	x := blob(t, r, "x")
	dir := writeTree(t, r, map[string]file{"b": plain("x")})
	link := blob(t, r, "/etc")
	top := func(entries ...repo.TreeEntry) chunkstore.ID { return writeEntries(t, r, entries) }
	file := func(name string) repo.TreeEntry { return repo.TreeEntry{Name: name, Mode: repo.ModeFile, ID: x} }

	refuses(t, r, top(file("a"), file("a")), "a")
	refuses(t, r, top(file("a"), repo.TreeEntry{Name: "a", Mode: repo.ModeTree, ID: dir}), "a")
	refuses(t, r, top(repo.TreeEntry{Name: "a", Mode: repo.ModeLink, ID: link}, repo.TreeEntry{Name: "a", Mode: repo.ModeTree, ID: dir}), "a")
	refuses(t, r, top(file("a"), file("a.b"), repo.TreeEntry{Name: "a", Mode: repo.ModeTree, ID: dir}), "a")
	refuses(t, r, top(repo.TreeEntry{Name: "a", Mode: repo.ModeSubmodule, ID: x}), "a")
	refuses(t, r, top(repo.TreeEntry{Name: "a", Mode: 0o010644, ID: x}), ".")
	refuses(t, r, top(repo.TreeEntry{Name: "a", Mode: 0o020644, ID: x}), ".")
	if _, err := Load(r, top(repo.TreeEntry{Name: "a", Mode: repo.ModeTree, ID: x}).String()); err == nil {
		t.Error("a blob as a directory is accepted")
	}
	var missing *chunkstore.MissingError
	absent := chunkstore.BlobID([]byte("absent"))
	if _, err := Load(r, top(repo.TreeEntry{Name: "a", Mode: repo.ModeFile, ID: absent}).String()); !errors.As(err, &missing) {
		t.Errorf("a missing blob: %v", err)
	}
	damaged := top(file("only"))
	other := top(file("b"))
	from, to := loosePath(r, other), loosePath(r, damaged)
	if err := errors.Join(os.Remove(to), os.Link(from, to)); err != nil {
		t.Fatal(err)
	}
	var corrupt *chunkstore.CorruptError
	var bad *BadTreeError
	_, err := Load(r, top(repo.TreeEntry{Name: "a", Mode: repo.ModeTree, ID: damaged}).String())
	if !errors.As(err, &corrupt) || errors.As(err, &bad) {
		t.Errorf("a damaged tree: %v", err)
	}
	if _, err := Load(r, "nothing"); !errors.Is(err, repo.ErrNotFound) {
		t.Errorf("no revision: %v", err)
	}
}

func TestTwinsInCaseAreFine(t *testing.T) {
	tree := loadFiles(t, newRepo(t), map[string]file{"a": plain(""), "A": plain(""), "b/c": plain(""), "B/C": plain("")})
	if paths, _ := list(tree); len(paths) != 6 {
		t.Errorf("paths are %q", paths)
	}
}

// TestTreeBomb reads a tree of eight small objects and 16^8 paths.
func TestTreeBomb(t *testing.T) {
	r := newRepo(t)
	e := repo.TreeEntry{Mode: repo.ModeFile, ID: blob(t, r, "x")}
	for range 8 {
		var entries []repo.TreeEntry
		for name := byte('a'); name < 'q'; name++ {
			e.Name = string(name)
			entries = append(entries, e)
		}
		e = repo.TreeEntry{Mode: repo.ModeTree, ID: writeEntries(t, r, entries)}
	}
	refuses(t, r, e.ID, "")
}

func TestTooDeep(t *testing.T) {
	r := newRepo(t)
	e := repo.TreeEntry{Name: "f", Mode: repo.ModeFile, ID: blob(t, r, "x")}
	for range 16 {
		e = repo.TreeEntry{Name: strings.Repeat("d", 255), Mode: repo.ModeTree, ID: writeEntries(t, r, []repo.TreeEntry{e})}
	}
	refuses(t, r, writeEntries(t, r, []repo.TreeEntry{e}), "ddd")
	for range 2100 {
		e = repo.TreeEntry{Name: "d", Mode: repo.ModeTree, ID: writeEntries(t, r, []repo.TreeEntry{e})}
	}
	refuses(t, r, e.ID, "")
}

func TestBadMtree(t *testing.T) {
	tests := []struct{ name, lines, path string }{
		{"a secret that is not there", "./c mode=0600", "c"},
		{"a secret that is a directory", "./d mode=0640", "d"},
		{"a secret that is a link", "./l mode=0600", "l"},
		{"a path below a file", "./f/d type=dir", "f/d"},
		{"a path below a link", "./l/d type=fifo", "l/d"},
		{"a path below a fifo", "./p type=fifo\n./p/d type=dir", "p/d"},
		{"a path deep below a fifo", "./p type=fifo\n./p/d/e type=dir", "p/d"},
		{"a directory that is a file", "./f type=dir", "f"},
		{"a device that is a file", "./f type=char device=native,1,3", "f"},
		{"a fifo that is a directory", "./d type=fifo", "d"},
		{"a hard link to nothing", "./f hardlink=./c", "f"},
		{"a hard link to a directory", "./f hardlink=./d", "f"},
		{"a hard link to a hard link", "./f1 hardlink=./f\n./f2 hardlink=./f1", "f2"},
		{"a hard link to a fifo", "./f hardlink=./a\n./a type=fifo", "f"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRepo(t)
			refuses(t, r, writeTree(t, r, map[string]file{
				".devops/mtree": plain(tt.lines + "\n"),
				"f":             plain("same"), "f1": plain("same"), "f2": plain("same"),
				"x":   {repo.ModeExecutable, "same"},
				"l":   {repo.ModeLink, "d"},
				"d/e": plain("other"),
			}), tt.path)
		})
	}
}

func TestMtreeErrors(t *testing.T) {
	r := newRepo(t)
	var format *mtree.FormatError
	_, err := Load(r, writeTree(t, r, map[string]file{".devops/mtree": plain("./../x\n")}).String())
	if !errors.As(err, &format) || format.Line != 1 {
		t.Errorf("bad text: %v", err)
	}
	refuses(t, r, writeTree(t, r, map[string]file{".devops/mtree": {repo.ModeLink, "/etc/passwd"}}), ".devops/mtree")
	refuses(t, r, writeTree(t, r, map[string]file{".devops": plain("")}), ".devops")
}

func TestLongPathInMtree(t *testing.T) {
	r := newRepo(t)
	path := strings.Repeat("d/", 2047) + "d"
	tree := loadFiles(t, r, map[string]file{".devops/mtree": plain("./" + path + " type=fifo\n")})
	if _, nodes := list(tree); nodes[path].Type != node.Fifo || len(nodes) != 2048 {
		t.Errorf("%d nodes", len(nodes))
	}
}

// TestLongControl has control files that say of themselves to be far too long,
// and must not be read to find that out: there is nothing more of them.
func TestLongControl(t *testing.T) {
	r := newRepo(t)
	for path, length := range map[string]int64{mtree.Path: 2 << 30, ".devops/actions": 100 << 20} {
		id := blob(t, r, path)
		var b bytes.Buffer
		deflate.Reset(&b)
		fmt.Fprintf(deflate, "blob %d\x00x", length)
		deflate.Close()
		if err := errors.Join(os.Remove(loosePath(r, id)), os.WriteFile(loosePath(r, id), b.Bytes(), 0o444)); err != nil {
			t.Fatal(err)
		}
		lazy, err := NewLoader(r).Lazy(writeTree(t, r, map[string]file{path: plain(path)}).String())
		if err != nil {
			t.Fatal(err)
		}
		_, err = lazy.Control(path)
		if bad, ok := errors.AsType[*BadTreeError](err); !ok || bad.Path != path || !strings.Contains(err.Error(), fmt.Sprint(length)) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
