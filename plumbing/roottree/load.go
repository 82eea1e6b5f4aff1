// SPDX-License-Identifier: Apache-2.0

package roottree

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/mtree"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// A Loader reads trees, and what several of them have in common once. It must
// not be used concurrently.
type Loader struct {
	repo  *repo.Repo
	dirs  map[chunkstore.ID]*dir
	large map[chunkstore.ID]bool
	// recall is called before the first blobs are looked into, if not nil.
	recall func()
}

// NewLoader returns a Loader that has read nothing yet.
func NewLoader(r *repo.Repo) *Loader {
	return &Loader{repo: r, dirs: map[chunkstore.ID]*dir{}, large: map[chunkstore.ID]bool{}}
}

// Load reads one tree; see Loader.Load.
func Load(r *repo.Repo, treeish string) (*Tree, error) { return NewLoader(r).Load(treeish) }

// Load reads the tree that a revision stands for. The error is a *BadTreeError
// or a *mtree.FormatError when it can not be a root's, repo.ErrNotFound when
// there is no such revision, or a *chunkstore.MissingError.
func (l *Loader) Load(treeish string) (*Tree, error) {
	id, err := l.repo.ResolveTree(treeish)
	if err != nil {
		return nil, err
	}
	top, err := l.read(node.RootPath, id, 0)
	if err != nil {
		return nil, fmt.Errorf("read tree of %s: %w", treeish, err)
	}
	t, err := l.tree(top)
	if err != nil {
		return nil, fmt.Errorf("read tree of %s: %w", treeish, err)
	}
	return t, nil
}

// read reads the tree at path and all below it.
func (l *Loader) read(path string, id chunkstore.ID, depth int) (*dir, error) {
	if d, ok := l.dirs[id]; ok {
		return d, nil
	}
	if depth > node.MaxPath/2 {
		return nil, &BadTreeError{Path: path, Why: "lies too deep"}
	}
	raw, err := l.repo.Tree(id)
	if err != nil {
		return nil, l.explain(path, id, err)
	}
	entries := make([]entry, len(raw))
	for i, e := range raw {
		entries[i] = entry{name: e.Name, mode: e.Mode, id: e.ID}
		if e.Mode != repo.ModeTree {
			continue
		}
		if entries[i].dir, err = l.read(node.JoinPath(path, e.Name), e.ID, depth+1); err != nil {
			return nil, err
		}
	}
	d, err := newDir(path, id, entries)
	if err == nil {
		l.dirs[id] = d
	}
	return d, err
}

// explain tells a tree that is what its id says, but not one to write to a
// directory, from a damaged one.
func (l *Loader) explain(path string, id chunkstore.ID, err error) error {
	var corrupt *chunkstore.CorruptError
	if !errors.As(err, &corrupt) {
		return err
	}
	if _, _, damaged := l.repo.Object(id); damaged != nil {
		return damaged
	}
	return &BadTreeError{Path: path, Why: "has a " + corrupt.Err.Error(), Err: err}
}

// tree makes a Tree of its top directory.
func (l *Loader) tree(top *dir) (*Tree, error) {
	t := &Tree{repo: l.repo, top: top}
	if err := t.readSpec(); err != nil {
		return nil, err
	}
	if err := t.settle(); err != nil {
		return nil, err
	}
	if err := l.sniff(top); err != nil {
		return nil, err
	}
	return t, nil
}

// readSpec reads the tree's .devops/mtree; it need not have one.
func (t *Tree) readSpec() error {
	e, blocked := t.top.find(mtree.Path)
	switch {
	case blocked != "":
		return &BadTreeError{Path: blocked, Why: "is no directory"}
	case e == nil:
		t.spec = &mtree.Spec{}
		return nil
	case !e.isFile():
		return &BadTreeError{Path: mtree.Path, Why: "is no file"}
	}
	text, err := t.Control(mtree.Path)
	if err == nil {
		t.spec, err = mtree.Parse(bytes.NewReader(text))
	}
	return err
}
