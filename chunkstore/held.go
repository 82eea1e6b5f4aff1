// SPDX-License-Identifier: Apache-2.0

package chunkstore

import "fmt"

// TreeReader returns the raw body of the git tree id. Held calls it from
// whichever goroutine calls Held, and keeps no reference to the body.
type TreeReader func(id ID) ([]byte, error)

// Tree is a git tree to be written.
type Tree struct {
	ID   ID
	Body []byte // raw, without git's object header
}

// Held is the set of chunks that a repository holds, kept as git trees whose
// shape depends on the set alone. It reads trees when it needs them, remembers
// them, and never changes. It may be used by several goroutines if its
// TreeReader may.
//
// Its methods return a *FormatError for a tree that breaks the rules of
// FORMAT.md, a *CorruptError for one that is not what its id names, and what
// the TreeReader returned, wrapped with the tree and its path.
type Held struct {
	read TreeReader
	root *node
}

// OpenHeld returns the set whose tree is root. The zero ID is the empty set.
// Nothing is read before it is needed.
func OpenHeld(read TreeReader, root ID) *Held {
	if root.IsZero() || root == EmptyTree {
		return &Held{read: read, root: newNode(EmptyTree, &branch{})}
	}
	return &Held{read: read, root: &node{id: root}}
}

// Has reports whether id is in the set.
func (h *Held) Has(id ID) (bool, error) {
	n, path := h.root, digits(id)
	for depth := 0; n != nil; depth++ {
		b, err := h.load(n, path[:depth])
		if err != nil {
			return false, err
		}
		if b.kids == nil {
			return contains(b.ids, id), nil
		}
		n = b.kids[path[depth]]
	}
	return false, nil
}

// Each calls fn for every id in ascending order, and stops at the first error,
// which it returns. It remembers no trees, so that memory stays flat.
func (h *Held) Each(fn func(ID) error) error {
	_, err := h.each(h.root, nil, fn)
	return err
}

// Len returns the number of ids in the set, which takes reading all of it.
func (h *Held) Len() (int, error) {
	return h.each(h.root, nil, func(ID) error { return nil })
}

// each returns how many ids are below n, whose path is prefix. Having seen
// them all it can tell whether n had to be divided.
func (h *Held) each(n *node, prefix []byte, fn func(ID) error) (int, error) {
	b, err := h.peek(n, prefix)
	if err != nil {
		return 0, err
	}
	for i, id := range b.ids {
		if err := fn(id); err != nil {
			return i, err
		}
	}
	count := len(b.ids)
	if b.kids == nil {
		return count, nil
	}
	for i, kid := range b.kids {
		if kid == nil {
			continue
		}
		below, err := h.each(kid, append(prefix, byte(i)), fn)
		count += below
		if err != nil {
			return count, err
		}
	}
	if count <= maxLeaf {
		return count, heldError(n.id, prefix, "divided, although it has only %d ids", count)
	}
	return count, nil
}

// load returns what is in n, and remembers it.
func (h *Held) load(n *node, prefix []byte) (*branch, error) {
	b, err := h.peek(n, prefix)
	if err == nil {
		n.branch.Store(b)
	}
	return b, err
}

// peek returns what is in n, without remembering it.
func (h *Held) peek(n *node, prefix []byte) (*branch, error) {
	if b := n.branch.Load(); b != nil {
		return b, nil
	}
	body, err := h.read(n.id)
	if err != nil {
		return nil, fmt.Errorf("read held tree %s at %q: %w", n.id, heldPath(prefix), err)
	}
	if got := ObjectID("tree", body); got != n.id {
		return nil, &CorruptError{ID: n.id, Where: fmt.Sprintf("the held set at %q", heldPath(prefix)), Err: fmt.Errorf("its content has the id %s", got)}
	}
	b, reason := parseBranch(body, prefix)
	if reason != "" {
		return nil, heldError(n.id, prefix, "%s", reason)
	}
	return b, nil
}

func heldError(id ID, prefix []byte, format string, args ...any) error {
	return &FormatError{What: fmt.Sprintf("held tree %s at %q", id, heldPath(prefix)), Reason: fmt.Sprintf(format, args...)}
}
