// SPDX-License-Identifier: Apache-2.0

package roottree

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/mtree"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// A Lazy is a tree of which only that is read which is asked for: to look ten
// paths up, the directories that lead to them. What is not read is not checked
// either, so it is for trees that have been loaded before, or whose Tree is
// asked for first. Its methods may be called concurrently.
type Lazy struct {
	loader  *Loader
	treeish string
	id      chunkstore.ID

	mu    sync.Mutex
	whole *Tree
	spec  *mtree.Spec // nil until it is read
	dirs  map[chunkstore.ID]*dir
}

// Lazy finds the tree that a revision stands for. The error is repo.ErrNotFound
// when there is no such revision. Lazies of one Loader must not be used
// concurrently.
func (l *Loader) Lazy(treeish string) (*Lazy, error) {
	id, err := l.repo.ResolveTree(treeish)
	if err != nil {
		return nil, err
	}
	return &Lazy{loader: l, treeish: treeish, id: id, dirs: map[chunkstore.ID]*dir{}}, nil
}

// ID is the id of git's tree.
func (z *Lazy) ID() chunkstore.ID { return z.id }

// Tree loads the tree, once. The errors are those of Loader.Load.
func (z *Lazy) Tree() (*Tree, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.load()
}

func (z *Lazy) load() (t *Tree, err error) {
	if z.whole == nil {
		z.whole, err = z.loader.Load(z.treeish)
	}
	return z.whole, err
}

// Spec is what the tree's .devops/mtree says. It must not be changed.
func (z *Lazy) Spec() (*mtree.Spec, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.readSpec()
}

func (z *Lazy) readSpec() (*mtree.Spec, error) {
	if z.spec != nil {
		return z.spec, nil
	}
	t, err := z.along(mtree.Path)
	if err == nil {
		err = t.readSpec()
	}
	if err != nil {
		return nil, fmt.Errorf("read tree of %s: %w", z.treeish, err)
	}
	z.spec = t.spec
	return z.spec, nil
}

// Control returns the content of a control file. The error is repo.ErrNotFound
// when the tree has none of that path.
func (z *Lazy) Control(path string) ([]byte, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	t, err := z.along(path)
	if err != nil {
		return nil, err
	}
	return t.Control(path)
}

// Get returns what is at a path, nil for nothing.
func (z *Lazy) Get(path string) (*node.Node, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.whole != nil {
		return z.whole.Get(path), nil
	}
	spec, err := z.readSpec()
	if err != nil {
		return nil, err
	}
	t, err := z.along(path)
	if err != nil {
		return nil, err
	}
	if said, _ := spec.Get(path); said.Link != "" {
		if _, err := z.along(said.Link); err != nil { // to be compared
			return nil, err
		}
	}
	t.spec = spec
	if e, _ := t.top.find(path); e != nil {
		if err := z.sniff(e); err != nil {
			return nil, err
		}
	}
	if n := t.Get(path); n != nil {
		return n, nil
	}
	if t, err = z.load(); err != nil {
		return nil, err
	}
	return t.Get(path), nil // mtree may imply it
}

// along returns a Tree that has what lies in the directories which lead to
// path, and nothing below these.
func (z *Lazy) along(path string) (*Tree, error) {
	top, err := z.dir(node.RootPath, z.id)
	if err != nil {
		return nil, err
	}
	for at, c := range path {
		if c != '/' {
			continue
		}
		e, _ := top.find(path[:at])
		if e == nil || e.dir == nil {
			break
		}
		if e.dir, err = z.dir(path[:at], e.id); err != nil {
			return nil, err
		}
	}
	return &Tree{repo: z.loader.repo, top: top}, nil
}

// dir reads one directory. Those in it have no entries yet.
func (z *Lazy) dir(path string, id chunkstore.ID) (*dir, error) {
	if d, ok := z.dirs[id]; ok {
		return d, nil
	}
	raw, err := z.loader.repo.Tree(id)
	if err != nil {
		return nil, z.loader.explain(path, id, err)
	}
	d := &dir{id: id, entries: make([]entry, len(raw))}
	for i, e := range raw {
		d.entries[i] = entry{name: e.Name, mode: e.Mode, id: e.ID}
		if e.Mode == repo.ModeTree {
			d.entries[i].dir = &dir{id: e.ID}
		}
	}
	slices.SortFunc(d.entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	z.dirs[id] = d
	return d, nil
}

// sniff finds out whether a blob is a manifest.
func (z *Lazy) sniff(e *entry) error {
	if !e.isFile() {
		return nil
	}
	large, known := z.loader.large[e.id]
	if !known {
		if err := z.loader.look([]chunkstore.ID{e.id}); err != nil {
			return err
		}
		large = z.loader.large[e.id]
	}
	e.large = large
	return nil
}
