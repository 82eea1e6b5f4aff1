// SPDX-License-Identifier: Apache-2.0

package chunkstore

import (
	"errors"
	"slices"
)

// Update returns the root of the set without remove and then with add, and the
// trees that are not yet part of h, each after those it names: written in this
// order, what is there is complete at any moment. The root of the empty set is
// git's empty tree, which is then always among the trees. Update does not
// change h.
func (h *Held) Update(add, remove []ID) (root ID, written []Tree, err error) {
	add = SortedSet(add)
	remove = slices.DeleteFunc(SortedSet(remove), func(id ID) bool { return contains(add, id) })
	if contains(add, ID{}) {
		return ID{}, nil, errors.New("update held set: the null id names no chunk")
	}
	n, err := h.merge(h.root, nil, add, remove)
	if err != nil {
		return ID{}, nil, err
	}
	if n == nil || n.id == EmptyTree {
		return EmptyTree, []Tree{{ID: EmptyTree}}, nil
	}
	root = writeNode(n, 0, &written)
	return root, written, nil
}

// merge returns the tree at prefix without remove and with add, which are
// ascending and have nothing in common: n itself if nothing changes, nil if
// nothing is left.
func (h *Held) merge(n *node, prefix []byte, add, remove []ID) (*node, error) {
	if n == nil {
		return build(add, len(prefix)), nil
	}
	if len(add) == 0 && len(remove) == 0 {
		return n, nil
	}
	b, err := h.load(n, prefix)
	if err != nil {
		return nil, err
	}
	if b.kids != nil {
		return h.mergeKids(n, b, prefix, add, remove)
	}
	kept := slices.DeleteFunc(slices.Clone(b.ids), func(id ID) bool { return contains(remove, id) })
	ids := SortedSet(append(kept, add...))
	if slices.Equal(ids, b.ids) {
		return n, nil
	}
	return build(ids, len(prefix)), nil
}

func (h *Held) mergeKids(n *node, b *branch, prefix []byte, add, remove []ID) (*node, error) {
	kids := *b.kids
	removing := len(remove) > 0
	for i := range kids {
		var kidAdd, kidRemove []ID
		kidAdd, add = cutDigit(add, len(prefix), byte(i))
		kidRemove, remove = cutDigit(remove, len(prefix), byte(i))
		kid, err := h.merge(kids[i], append(prefix, byte(i)), kidAdd, kidRemove)
		if err != nil {
			return nil, err
		}
		kids[i] = kid
	}
	if kids == *b.kids {
		return n, nil
	}
	merged := newNode(ID{}, &branch{kids: &kids})
	if !removing {
		return merged, nil
	}
	return h.collapse(merged, prefix)
}

// errEnough ends a walk that has seen enough ids.
var errEnough = errors.New("enough")

// collapse returns n, whose kids have lost ids, or what takes its place when
// so few are left that they need no kids.
func (h *Held) collapse(n *node, prefix []byte) (*node, error) {
	var left []ID
	b := n.branch.Load()
	for i, kid := range b.kids {
		if kid == nil {
			continue
		}
		_, err := h.each(kid, append(prefix, byte(i)), func(id ID) error {
			if len(left) == maxLeaf {
				return errEnough
			}
			left = append(left, id)
			return nil
		})
		if errors.Is(err, errEnough) {
			return n, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return build(left, len(prefix)), nil
}

// build returns a new tree of ids, ascending and equal in their first depth
// digits, or nil if there are none.
func build(ids []ID, depth int) *node {
	if len(ids) == 0 {
		return nil
	}
	if len(ids) <= maxLeaf {
		return newNode(ID{}, &branch{ids: slices.Clone(ids)})
	}
	kids := new([16]*node)
	for i := range kids {
		var kid []ID
		kid, ids = cutDigit(ids, depth, byte(i))
		kids[i] = build(kid, depth+1)
	}
	return newNode(ID{}, &branch{kids: kids})
}

// writeNode gives n and the new trees below it their ids, and appends them to
// written, children first.
func writeNode(n *node, depth int, written *[]Tree) ID {
	if !n.id.IsZero() {
		return n.id
	}
	b := n.branch.Load()
	var body []byte
	for _, id := range b.ids {
		body = appendEntry(body, leafMode, digits(id)[depth:], id)
	}
	if b.kids != nil {
		for i, kid := range b.kids {
			if kid != nil {
				body = appendEntry(body, kidMode, []byte{byte(i)}, writeNode(kid, depth+1, written))
			}
		}
	}
	n.id = ObjectID("tree", body)
	*written = append(*written, Tree{ID: n.id, Body: body})
	return n.id
}

// cutDigit cuts from ids those at its beginning whose digit at depth is d.
func cutDigit(ids []ID, depth int, d byte) (head, tail []ID) {
	i := 0
	for i < len(ids) && digit(ids[i], depth) == d {
		i++
	}
	return ids[:i], ids[i:]
}
