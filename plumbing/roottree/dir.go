// SPDX-License-Identifier: Apache-2.0

package roottree

import (
	"fmt"
	"slices"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// maxPaths bounds how many paths a tree may have: small objects can name the
// same tree over and over.
const maxPaths = 1 << 24

// A dir is one git tree and what is below it. It does not know where it lies:
// trees with the same id are the same dir.
type dir struct {
	id      chunkstore.ID
	entries []entry // sorted by name
	paths   int     // that lie below
	longest int     // of these, in bytes, relative to this directory
	sniffed bool    // what is large is known, here and below
}

type entry struct {
	name  string
	mode  uint32
	id    chunkstore.ID
	dir   *dir // of a tree
	large bool // the blob is a manifest
}

// A BadTreeError says why a tree can not be a root's.
type BadTreeError struct {
	Path string
	Why  string
	Err  error // or nil
}

func (e *BadTreeError) Error() string {
	return fmt.Sprintf("bad path in tree: %q %s", e.Path, e.Why)
}

// Unwrap returns Err.
func (e *BadTreeError) Unwrap() error { return e.Err }

// newDir checks the entries of one tree, which has path.
func newDir(path string, id chunkstore.ID, entries []entry) (*dir, error) {
	d := &dir{id: id, entries: entries}
	slices.SortFunc(d.entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	for i := range d.entries {
		e := &d.entries[i]
		if err := node.CheckPath(e.name); err != nil {
			return nil, &BadTreeError{node.JoinPath(path, e.name), err.(*node.BadPathError).Why, err}
		}
		if i > 0 && d.entries[i-1].name == e.name {
			return nil, &BadTreeError{Path: node.JoinPath(path, e.name), Why: "is there twice"}
		}
		if e.mode == repo.ModeSubmodule {
			return nil, &BadTreeError{Path: node.JoinPath(path, e.name), Why: "is a submodule, which no root can have"}
		}
		d.count(e)
		if d.paths > maxPaths {
			return nil, &BadTreeError{Path: path, Why: "has too many paths below it"}
		}
		if d.longest > node.MaxPath {
			return nil, &BadTreeError{Path: node.JoinPath(path, e.name), Why: "leads to a path longer than 4095 bytes"}
		}
	}
	return d, nil
}

func (d *dir) count(e *entry) {
	d.paths++
	length := len(e.name)
	if e.dir != nil {
		d.paths += e.dir.paths
		length += 1 + e.dir.longest
	}
	d.longest = max(d.longest, length)
}

// child returns nil when there is none of that name.
func (d *dir) child(name string) *entry {
	i, ok := slices.BinarySearchFunc(d.entries, name, func(e entry, name string) int {
		return strings.Compare(e.name, name)
	})
	if !ok {
		return nil
	}
	return &d.entries[i]
}

// find returns nil when there is nothing at path, or when the way there leads
// through what is no directory; then that is blocked.
func (d *dir) find(path string) (e *entry, blocked string) {
	at := 0
	for {
		name, rest, more := strings.Cut(path[at:], "/")
		e = d.child(name)
		if e == nil || !more {
			return e, ""
		}
		if d = e.dir; d == nil {
			return nil, path[:at+len(name)]
		}
		at = len(path) - len(rest)
	}
}

func (e *entry) nodeType() node.Type {
	switch e.mode {
	case repo.ModeTree:
		return node.Dir
	case repo.ModeLink:
		return node.Symlink
	}
	return node.File
}

// node is what git tells of the entry.
func (e *entry) node() node.Node {
	n := node.Default(e.nodeType(), e.mode == repo.ModeExecutable)
	if e.dir != nil {
		n.Implied = true
		return n
	}
	n.Content, n.Large = e.id, e.large
	return n
}
