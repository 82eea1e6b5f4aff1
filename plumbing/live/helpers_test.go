// SPDX-License-Identifier: Apache-2.0

package live

import (
	"context"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/rootfs"
)

// ids are names of owners by number alone.
type ids struct{}

func (ids) Owner(uid uint32) string { return strconv.Itoa(int(uid)) }
func (ids) Group(gid uint32) string { return strconv.Itoa(int(gid)) }

// A tree is a Tree in memory.
type tree map[string]node.Node

func (t tree) Nodes() iter.Seq2[string, node.Node] {
	return func(yield func(string, node.Node) bool) {
		for _, path := range slices.SortedFunc(maps.Keys(t), node.ComparePaths) {
			if !yield(path, t[path]) {
				return
			}
		}
	}
}

func (t tree) Get(path string) *node.Node {
	if n, ok := t[path]; ok {
		return &n
	}
	return nil
}

// A bed is a root with the tree that it should be.
type bed struct {
	*testing.T
	dir  string
	tree tree
	s    Scanner
	id   chunkstore.ID
	// loaded counts how often the tree was needed.
	loaded int
}

func newBed(t *testing.T) *bed {
	t.Helper()
	b := &bed{T: t, dir: t.TempDir(), tree: tree{}, id: chunkstore.ID{1}}
	root, err := rootfs.Open(b.dir, rootfs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	b.s = Scanner{Root: root, Names: ids{}, Params: chunkstore.DefaultParams(),
		Cache: filepath.Join(t.TempDir(), "statcache")}
	return b
}

func (b *bed) path(name string) string { return filepath.Join(b.dir, name) }

func (b *bed) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bed) write(name, data string) {
	b.Helper()
	b.must(os.MkdirAll(filepath.Dir(b.path(name)), 0o755))
	b.must(os.WriteFile(b.path(name), []byte(data), 0o644))
}

// settle waits until what was done can be told from what will be.
func (b *bed) settle() { time.Sleep(12 * time.Millisecond) }

// adopt makes the tree what the root is.
func (b *bed) adopt() {
	b.Helper()
	want := tree{}
	b.must(filepath.WalkDir(b.dir, func(path string, _ fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(b.dir, path)
		want[rel] = node.Node{Type: "nothing yet"}
		return err
	}))
	s := b.s
	s.Cache = ""
	b.must(s.Compare(b.Context(), want.Nodes(), func(path string, _, live *node.Node, _ node.Aspect) error {
		n := *live
		n.Mtime = nil
		b.tree[path] = n
		return nil
	}))
}

// scan returns the differences by path.
func (b *bed) scan() map[string]node.Aspect {
	b.Helper()
	differ := map[string]node.Aspect{}
	b.loaded = 0
	load := func() (Tree, error) {
		b.loaded++
		return b.tree, nil
	}
	before := ""
	err := b.s.Scan(context.Background(), b.id, load, func(path string, want, live *node.Node, a node.Aspect) error {
		if before != "" && node.ComparePaths(before, path) >= 0 {
			b.Errorf("%s is reported after %s", path, before)
		}
		before = path
		if (live == nil) != (a == node.AspectType && rootfs.Unreachable(lstat(b.path(path)))) {
			b.Errorf("%s: live is %v", path, live)
		}
		differ[path] = a
		return nil
	})
	b.must(err)
	return differ
}

func lstat(path string) error {
	_, err := os.Lstat(path)
	return err
}

func (b *bed) wantDiff(want map[string]node.Aspect) {
	b.Helper()
	if got := b.scan(); !maps.Equal(got, want) {
		b.Errorf("differ: %v, want %v", got, want)
	}
}

func (b *bed) wantLoaded(want int) {
	b.Helper()
	if b.loaded != want {
		b.Errorf("the tree was loaded %d times, want %d", b.loaded, want)
	}
}
