// SPDX-License-Identifier: Apache-2.0

package roottree

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/repo"
)

func newRepo(t testing.TB) *repo.Repo {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("git", "init", "-q", dir).CombinedOutput(); err != nil {
		t.Fatalf("git init: %v: %s", err, out)
	}
	r, err := repo.Open(repo.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// A file is one path of a tree: its mode and content.
type file struct {
	mode    uint32
	content string
}

func plain(content string) file { return file{repo.ModeFile, content} }

func blob(t testing.TB, r *repo.Repo, content string) chunkstore.ID {
	t.Helper()
	return object(t, r, "blob", []byte(content))
}

var deflate = zlib.NewWriter(nil)

// object writes a loose object, without the fsync that thousands would wait
// for.
func object(t testing.TB, r *repo.Repo, kind string, data []byte) chunkstore.ID {
	t.Helper()
	id := chunkstore.ObjectID(kind, data)
	path := loosePath(r, id)
	if _, err := os.Stat(path); err == nil {
		return id
	}
	var b bytes.Buffer
	deflate.Reset(&b)
	fmt.Fprintf(deflate, "%s %d\x00%s", kind, len(data), data)
	deflate.Close()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, b.Bytes(), 0o444)); err != nil {
		t.Fatal(err)
	}
	return id
}

func loosePath(r *repo.Repo, id chunkstore.ID) string {
	return filepath.Join(r.ObjectsDir(), id.String()[:2], id.String()[2:])
}

// writeTree writes the tree of files, by path, and returns its id.
func writeTree(t testing.TB, r *repo.Repo, files map[string]file) chunkstore.ID {
	t.Helper()
	below := map[string]map[string]file{}
	var entries []repo.TreeEntry
	for path, f := range files {
		dir, rest, isDir := strings.Cut(path, "/")
		if !isDir {
			entries = append(entries, repo.TreeEntry{Name: path, Mode: f.mode, ID: blob(t, r, f.content)})
			continue
		}
		if below[dir] == nil {
			below[dir] = map[string]file{}
		}
		below[dir][rest] = f
	}
	for dir, files := range below {
		entries = append(entries, repo.TreeEntry{Name: dir, Mode: repo.ModeTree, ID: writeTree(t, r, files)})
	}
	return writeEntries(t, r, entries)
}

// writeEntries writes one tree in git's order.
func writeEntries(t testing.TB, r *repo.Repo, entries []repo.TreeEntry) chunkstore.ID {
	t.Helper()
	key := func(e repo.TreeEntry) string {
		if e.Mode == repo.ModeTree {
			return e.Name + "/"
		}
		return e.Name
	}
	slices.SortFunc(entries, func(a, b repo.TreeEntry) int { return strings.Compare(key(a), key(b)) })
	var body []byte
	for _, e := range entries {
		body = fmt.Appendf(body, "%o %s\x00%s", e.Mode, e.Name, e.ID[:])
	}
	return object(t, r, "tree", body)
}

func load(t testing.TB, r *repo.Repo, id chunkstore.ID) *Tree {
	t.Helper()
	tree, err := Load(r, id.String())
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// loadFiles writes a tree and reads it.
func loadFiles(t testing.TB, r *repo.Repo, files map[string]file) *Tree {
	t.Helper()
	return load(t, r, writeTree(t, r, files))
}

func list(tree *Tree) (paths []string, nodes map[string]node.Node) {
	nodes = map[string]node.Node{}
	for path, n := range tree.Nodes() {
		paths = append(paths, path)
		nodes[path] = n
	}
	return paths, nodes
}
