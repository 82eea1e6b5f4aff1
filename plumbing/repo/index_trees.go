// SPDX-License-Identifier: Apache-2.0

package repo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
)

// CacheTrees makes UpdateIndex build the trees of the new index and give those
// that the old one had not to write, each after those it names. When write
// returns nil they must be durable: the index says that git has them, so that
// the next commit need not write them one by one. An index with conflicts or
// with entries that are only intended has no trees: write gets none then.
func (tx *IndexTx) CacheTrees(write func([]chunkstore.Tree) error) { tx.writeTrees = write }

// Tree returns the tree that the entries make, where the index says that git
// has it.
func (x *Index) Tree() (id chunkstore.ID, ok bool) {
	t, _, err := parseCachedTree(x.tree, maxTreeDepth)
	if err != nil || t.count < 0 {
		return id, false
	}
	return chunkstore.ID(t.id), true
}

// NothingStaged tells whether the index is known to have HEAD's tree, for less
// than reading it takes. Where that is not known, the two have to be compared.
func (r *Repo) NothingStaged() (bool, error) {
	staged, known, err := r.indexTree()
	if err != nil || !known {
		return false, err
	}
	head, err := r.ResolveTree("HEAD")
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return head == staged, err
}

// indexTree is Tree of the index.
func (r *Repo) indexTree() (id chunkstore.ID, ok bool, err error) {
	f, err := os.Open(r.indexFile)
	if errors.Is(err, fs.ErrNotExist) {
		return id, false, nil
	}
	if err != nil {
		return id, false, fmt.Errorf("read index: %w", err)
	}
	defer f.Close()
	_, data, err := readWhole(f)
	var x Index
	if err == nil {
		err = x.parse(data, func(int) {}, func(*Entry) {})
	}
	if err != nil {
		return id, false, fmt.Errorf("read index %s: %w", r.indexFile, err)
	}
	id, ok = x.Tree()
	return id, ok, nil
}

// cacheTrees does what CacheTrees promises for the index that comes next.
func (tx *IndexTx) cacheTrees(next *Index) error {
	if tx.writeTrees == nil {
		return nil
	}
	if !next.hasTrees() {
		return tx.writeTrees(nil)
	}
	old, _, err := parseCachedTree(tx.base.tree, maxTreeDepth)
	if err != nil {
		old = nil
	}
	var b treeBuilder
	root := b.build("", next.Entries, old)
	if err := tx.writeTrees(b.trees); err != nil {
		return err
	}
	next.tree = root.append(nil)
	return nil
}

func (x *Index) hasTrees() bool {
	for i := range x.Entries {
		if x.Entries[i].Stage != 0 || x.Entries[i].IntentToAdd {
			return false
		}
	}
	return true
}

// BuildTrees makes the trees of entries, which must not contradict each other,
// each after those it names: the last one is the whole.
func BuildTrees(entries []Entry) []chunkstore.Tree {
	entries = slices.SortedFunc(slices.Values(entries), func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
	var b treeBuilder
	b.build("", entries, nil)
	return b.trees
}

// treeBuilder collects the trees that are new.
type treeBuilder struct{ trees []chunkstore.Tree }

// build makes the tree of entries, which all lie below prefix. The order of
// the index is that of trees, directory by directory.
func (b *treeBuilder) build(prefix string, entries []Entry, old *cachedTree) *cachedTree {
	node := &cachedTree{count: len(entries)}
	var body []byte
	for len(entries) > 0 {
		e := &entries[0]
		name, _, isDir := strings.Cut(e.Path[len(prefix):], "/")
		if !isDir {
			body = appendTreeEntry(body, e.Mode, name, e.ID)
			entries = entries[1:]
			continue
		}
		dir := prefix + name + "/"
		n := 1
		for n < len(entries) && strings.HasPrefix(entries[n].Path, dir) {
			n++
		}
		child := b.build(dir, entries[:n], old.sub(name))
		child.name = name
		node.children = append(node.children, child)
		body = appendTreeEntry(body, ModeTree, name, chunkstore.ID(child.id))
		entries = entries[n:]
	}
	id := chunkstore.ObjectID("tree", body)
	node.id = id[:]
	if old == nil || old.count < 0 || chunkstore.ID(old.id) != id {
		b.trees = append(b.trees, chunkstore.Tree{ID: id, Body: body})
	}
	return node
}

// sub is child for a tree that may be unknown.
func (t *cachedTree) sub(name string) *cachedTree {
	if t == nil {
		return nil
	}
	return t.child(name)
}

func appendTreeEntry(body []byte, mode uint32, name string, id chunkstore.ID) []byte {
	body = fmt.Appendf(body, "%o %s\x00", mode, name)
	return append(body, id[:]...)
}
