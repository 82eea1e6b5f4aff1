// SPDX-License-Identifier: Apache-2.0

package chunkstore

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
)

const (
	// maxLeaf is the largest number of ids that one tree lists. It equals the
	// fan-out, so that both kinds of tree have at most 256 entries.
	maxLeaf = 256

	leafMode = "100644 "
	kidMode  = "40000 "
)

// emptyTree is git's tree without entries, 4b825dc642cb6eb9a060e54bf8d69288fbee4904.
var emptyTree = ObjectID("tree", nil)

// node is one tree of a held set. Once others can see it, only its branch
// changes, from nil to what is read from the tree.
type node struct {
	id     ID // zero while the tree is not written
	branch atomic.Pointer[branch]
}

// branch is what a tree says, and is not changed: either the ids below its
// path, ascending, or the trees that divide them by their next byte.
type branch struct {
	ids  []ID
	kids *[256]*node
}

func newNode(id ID, b *branch) *node {
	n := &node{id: id}
	n.branch.Store(b)
	return n
}

// parseBranch reads the tree at prefix, the bytes of the ids that its path
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
	depth := len(prefix)
	b := &branch{}
	reason := eachEntry(body, leafMode, len(ID{})-depth, func(name []byte, object ID) string {
		id := ID(slices.Concat(prefix, name))
		if object != id {
			return fmt.Sprintf("the entry named %s is the object %s", id, object)
		}
		if n := len(b.ids); n > 0 && compareIDs(b.ids[n-1], id) >= 0 {
			return fmt.Sprintf("the entry %s is out of order", id)
		}
		b.ids = append(b.ids, id)
		return ""
	})
	return b, reason
}

func parseKids(body, prefix []byte) (*branch, string) {
	// Below this depth a tree has no more ids than a leaf may list.
	if len(prefix) >= len(ID{})-1 {
		return nil, "divided too deep"
	}
	b := &branch{kids: new([256]*node)}
	last := -1
	reason := eachEntry(body, kidMode, 1, func(name []byte, object ID) string {
		if int(name[0]) <= last {
			return fmt.Sprintf("the entry %02x is out of order", name[0])
		}
		last = int(name[0])
		b.kids[last] = &node{id: object}
		return ""
	})
	return b, reason
}

// eachEntry reads a tree whose entries all have this mode and a name that is
// so many bytes in hexadecimal, and returns what is wrong with it, or "".
func eachEntry(body []byte, mode string, nameLen int, fn func(name []byte, object ID) string) string {
	size := len(mode) + 2*nameLen + 1 + len(ID{})
	if len(body)%size != 0 {
		return fmt.Sprintf("its length of %d is no multiple of %d", len(body), size)
	}
	if len(body)/size > maxLeaf {
		return fmt.Sprintf("more than %d entries", maxLeaf)
	}
	name := make([]byte, nameLen)
	for entry := range slices.Chunk(body, size) {
		rest, ok := bytes.CutPrefix(entry, []byte(mode))
		if !ok || rest[2*nameLen] != 0 {
			return fmt.Sprintf("expected an entry of %d bytes with the mode %q", size, mode)
		}
		if reason := parseHex(name, rest[:2*nameLen]); reason != "" {
			return "name: " + reason
		}
		object := ID(rest[2*nameLen+1:])
		if object.IsZero() {
			return "an entry with the null id"
		}
		if reason := fn(name, object); reason != "" {
			return reason
		}
	}
	return ""
}

// appendEntry adds one entry to a raw tree; name is what its path spells.
func appendEntry(body []byte, mode string, name []byte, object ID) []byte {
	body = append(body, mode...)
	body = hex.AppendEncode(body, name)
	body = append(body, 0)
	return append(body, object[:]...)
}

// heldPath spells prefix as a path in the tree.
func heldPath(prefix []byte) string {
	names := make([]string, len(prefix))
	for i, b := range prefix {
		names[i] = fmt.Sprintf("%02x", b)
	}
	return strings.Join(names, "/")
}

func compareIDs(a, b ID) int { return bytes.Compare(a[:], b[:]) }

// contains reports whether the ascending ids have id.
func contains(ids []ID, id ID) bool {
	_, found := slices.BinarySearchFunc(ids, id, compareIDs)
	return found
}
