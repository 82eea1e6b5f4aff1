// SPDX-License-Identifier: Apache-2.0

package chunkstore

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
)

const (
	// maxLeaf is the largest number of ids that one tree lists. Divided by 16,
	// a tree of one more leaves some 16 ids to each: what is read and written
	// for one id stays small, and so does the number of trees.
	maxLeaf = 256

	leafMode = "100644 "
	kidMode  = "40000 "

	idDigits = 2 * len(ID{})
)

// EmptyTree is git's tree without entries, 4b825dc642cb6eb9a060e54bf8d69288fbee4904.
var EmptyTree = ObjectID("tree", nil)

// node is one tree of a held set. Once others can see it, only its branch
// changes, from nil to what is read from the tree.
type node struct {
	id     ID // zero while the tree is not written
	branch atomic.Pointer[branch]
}

// branch is what a tree says, and is not changed: either the ids below its
// path, ascending, or the trees that divide them by their next digit.
type branch struct {
	ids  []ID
	kids *[16]*node
}

// digit returns the i-th hexadecimal digit of id, as a number.
func digit(id ID, i int) byte { return id[i/2] >> (4 - i%2*4) & 15 }

// digits returns all hexadecimal digits of id, as numbers.
func digits(id ID) []byte {
	all := make([]byte, idDigits)
	for i := range all {
		all[i] = digit(id, i)
	}
	return all
}

func newNode(id ID, b *branch) *node {
	n := &node{id: id}
	n.branch.Store(b)
	return n
}

// parseBranch reads the tree at prefix, the digits of the ids that its path
// spells. All entries of a tree have one kind and one length.
func parseBranch(body, prefix []byte) (b *branch, reason string) {
	switch {
	case bytes.HasPrefix(body, []byte(leafMode)):
		return parseLeaf(body, prefix)
	case bytes.HasPrefix(body, []byte(kidMode)):
		return parseKids(body, prefix)
	case len(body) == 0 && len(prefix) == 0:
		return &branch{}, ""
	case len(body) == 0:
		return nil, "empty below the root"
	}
	return nil, fmt.Sprintf("expected the mode %q or %q", leafMode, kidMode)
}

func parseLeaf(body, prefix []byte) (*branch, string) {
	b := &branch{}
	reason := eachEntry(body, leafMode, prefix, idDigits-len(prefix), func(path []byte, object ID) string {
		if !bytes.Equal(path, digits(object)) {
			return fmt.Sprintf("the entry named %s is the object %s", spell(path), object)
		}
		if n := len(b.ids); n > 0 && b.ids[n-1].Compare(object) >= 0 {
			return fmt.Sprintf("the entry %s is out of order", object)
		}
		b.ids = append(b.ids, object)
		return ""
	})
	return b, reason
}

func parseKids(body, prefix []byte) (*branch, string) {
	// Below this depth a tree has no more ids than a leaf may list.
	if len(prefix) >= idDigits-2 {
		return nil, "divided too deep"
	}
	b := &branch{kids: new([16]*node)}
	last := -1
	reason := eachEntry(body, kidMode, prefix, 1, func(path []byte, object ID) string {
		name := int(path[len(prefix)])
		if name <= last {
			return fmt.Sprintf("the entry %x is out of order", name)
		}
		last = name
		b.kids[name] = &node{id: object}
		return ""
	})
	return b, reason
}

// eachEntry reads a tree whose entries all have this mode and a name of so
// many hexadecimal digits, and returns what is wrong with it, or "". path is
// the prefix with the name's digits behind it.
func eachEntry(body []byte, mode string, prefix []byte, nameLen int, fn func(path []byte, object ID) string) string {
	size := len(mode) + nameLen + 1 + len(ID{})
	if len(body)%size != 0 {
		return fmt.Sprintf("its length of %d is no multiple of %d", len(body), size)
	}
	if len(body)/size > maxLeaf {
		return fmt.Sprintf("more than %d entries", maxLeaf)
	}
	path := slices.Concat(prefix, make([]byte, nameLen))
	for entry := range slices.Chunk(body, size) {
		rest, ok := bytes.CutPrefix(entry, []byte(mode))
		if !ok || rest[nameLen] != 0 {
			return fmt.Sprintf("expected an entry of %d bytes with the mode %q", size, mode)
		}
		for i, c := range rest[:nameLen] {
			if path[len(prefix)+i] = hexDigit(c); hexDigit(c) > 15 {
				return "name: expected lower-case hexadecimal digits"
			}
		}
		object := ID(rest[nameLen+1:])
		if object.IsZero() {
			return "an entry with the null id"
		}
		if reason := fn(path, object); reason != "" {
			return reason
		}
	}
	return ""
}

// appendEntry adds one entry to a raw tree; name is digits.
func appendEntry(body []byte, mode string, name []byte, object ID) []byte {
	body = append(body, mode...)
	body = append(body, spell(name)...)
	body = append(body, 0)
	return append(body, object[:]...)
}

// spell writes digits.
func spell(digits []byte) string {
	text := make([]byte, len(digits))
	for i, d := range digits {
		text[i] = "0123456789abcdef"[d]
	}
	return string(text)
}

// heldPath spells prefix as a path in the tree.
func heldPath(prefix []byte) string {
	return strings.Join(strings.Split(spell(prefix), ""), "/")
}

// contains reports whether the ascending ids have id.
func contains(ids []ID, id ID) bool {
	_, found := slices.BinarySearchFunc(ids, id, ID.Compare)
	return found
}
