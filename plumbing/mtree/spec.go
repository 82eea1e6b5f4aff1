// SPDX-License-Identifier: Apache-2.0

package mtree

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/git-devops/git-devops/plumbing/node"
)

// Path is where a tree has its Spec.
const Path = ".devops/mtree"

// A Spec is what an mtree file says, by path. The zero Spec says nothing and
// may be used. It may be read concurrently.
type Spec struct {
	entries map[string]Entry
	order   atomic.Pointer[[]string] // of the paths, nil when it is to be found
}

// An Entry is what an mtree file says of one path: what differs from the
// defaults. Content is git's.
type Entry struct {
	Type node.Type
	// Perm is nil for the default, which for a file is as git's mode has it.
	Perm *uint32
	// Owner and Group are names, or decimal ids without one.
	Owner, Group string
	// Mtime is nil where it does not matter.
	Mtime *node.Mtime
	// Xattrs are sorted by name.
	Xattrs []node.Xattr
	// Device is of a node.Char or node.Block.
	Device node.Device
	// Link is the first path of this file, "" for that one itself.
	Link string
	// Optional says that the path is not managed any more, and that what lies
	// there stays: a Forgotten one says nothing else.
	Optional bool
}

// Forgotten is the Entry of a path that is not managed any more, and stays.
func Forgotten() Entry {
	return Entry{Type: node.File, Owner: node.DefaultOwner, Group: node.DefaultGroup, Optional: true}
}

// Forgets tells whether s says of a path that it is not managed any more, and
// stays.
func (s *Spec) Forgets(path string) bool { return s.entries[path].Optional }

// Len is the number of paths.
func (s *Spec) Len() int { return len(s.entries) }

// Get returns what is said of a path.
func (s *Spec) Get(path string) (Entry, bool) {
	e, ok := s.entries[path]
	return e, ok
}

// Set says e of a path, in place of what was said. It checks nothing: what no
// root can have makes a text that Parse refuses.
func (s *Spec) Set(path string, e Entry) {
	if s.entries == nil {
		s.entries = map[string]Entry{}
	}
	if _, ok := s.entries[path]; !ok {
		s.order.Store(nil)
	}
	s.entries[path] = e
}

// Delete says nothing any more of a path.
func (s *Spec) Delete(path string) {
	if _, ok := s.entries[path]; ok {
		s.order.Store(nil)
		delete(s.entries, path)
	}
}

// All gives the paths in the order of node.ComparePaths.
func (s *Spec) All() iter.Seq2[string, Entry] {
	return func(yield func(string, Entry) bool) {
		for _, path := range s.Paths() {
			if !yield(path, s.entries[path]) {
				return
			}
		}
	}
}

// Paths lists the paths in the order of node.ComparePaths. The list must not be
// changed. It is made once: sorting is most of what Encode takes.
func (s *Spec) Paths() []string {
	if order := s.order.Load(); order != nil {
		return *order
	}
	paths := slices.SortedFunc(maps.Keys(s.entries), node.ComparePaths)
	s.order.Store(&paths)
	return paths
}

// Clone returns a copy that can be changed without changing s.
func (s *Spec) Clone() *Spec { return &Spec{entries: maps.Clone(s.entries)} }

// Equal tells whether two entries say the same.
func (e Entry) Equal(o Entry) bool {
	return e.Type == o.Type && e.Owner == o.Owner && e.Group == o.Group &&
		e.Device == o.Device && e.Link == o.Link && e.Optional == o.Optional &&
		equal(e.Perm, o.Perm) && equal(e.Mtime, o.Mtime) && slices.Equal(e.Xattrs, o.Xattrs)
}

func equal[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// Apply puts what e says into the node of its path, whose type, content and
// default permissions git has told. The type and the link's target are for the
// caller to check.
func Apply(e Entry, n *node.Node) {
	n.Type, n.Implied = e.Type, false
	n.Owner, n.Group = e.Owner, e.Group
	n.Mtime, n.Xattrs = e.Mtime, e.Xattrs
	n.Device, n.Link = e.Device, e.Link
	switch {
	case e.Perm == nil:
	case e.Type == node.File:
		n.Perm = withExecutable(*e.Perm, n.Perm&ownerX != 0)
	default:
		n.Perm = *e.Perm
	}
}

const (
	ownerX  = 0o100
	anyoneX = 0o111
	anyoneR = 0o444
)

// withExecutable makes permissions agree with git's mode, which somebody may
// have changed in a work tree where mtree is not seen. The bits follow git's
// rule: who may read may execute.
func withExecutable(perm uint32, executable bool) uint32 {
	switch {
	case executable == (perm&ownerX != 0):
		return perm
	case executable:
		return perm | ownerX | perm&anyoneR>>2
	}
	return perm &^ anyoneX
}

// Of returns what an mtree file has to say of a node. needed is false when that
// is nothing: git's mode, executable or not, tells the rest.
func Of(n node.Node, executable bool) (e Entry, needed bool) {
	if n.Link != "" { // the first name says the rest
		return Entry{Type: n.Type, Owner: node.DefaultOwner, Group: node.DefaultGroup, Link: n.Link}, true
	}
	d := node.Default(n.Type, executable)
	e = Entry{
		Type: n.Type, Owner: n.Owner, Group: n.Group, Mtime: n.Mtime,
		Xattrs: n.Xattrs, Device: n.Device,
	}
	if n.Perm != d.Perm && n.Type != node.Symlink {
		e.Perm = &n.Perm
	}
	byGit := n.Type == node.File || n.Type == node.Symlink || n.Implied
	plain := e.Perm == nil && e.Owner == d.Owner && e.Group == d.Group && e.Mtime == nil && len(e.Xattrs) == 0
	return e, !byGit || !plain
}

// compareXattrs orders as Entry.Xattrs is.
func compareXattrs(a, b node.Xattr) int { return cmp.Compare(a.Name, b.Name) }
