// SPDX-License-Identifier: Apache-2.0

package repo

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
)

// cachedTree is a node of the TREE extension: the id of the tree that the
// entries below a directory make, with which git commit and git status need
// not look at them.
type cachedTree struct {
	name     string
	count    int // entries below; -1 when they changed since
	id       []byte
	children []*cachedTree
	byName   map[string]*cachedTree // made at the first search
}

// invalidateTree returns the extension without the trees that contain one of
// the paths, which are sorted. An extension that cannot be read is dropped:
// git makes it again.
func invalidateTree(data []byte, paths []string) []byte {
	if len(data) == 0 || len(paths) == 0 {
		return data
	}
	root, rest, err := parseCachedTree(data, maxTreeDepth)
	if err != nil || len(rest) > 0 {
		return nil
	}
	for _, path := range paths {
		root.invalidate(path)
	}
	return root.append(make([]byte, 0, len(data)))
}

var errCachedTree = errors.New("malformed cached tree")

// parseCachedTree reads "<name>\0<count> <subtrees>\n<id>" and the subtrees;
// the id is left out when count is negative.
func parseCachedTree(data []byte, depth int) (t *cachedTree, rest []byte, err error) {
	name, rest, ok1 := bytes.Cut(data, []byte{0})
	count, rest, ok2 := bytes.Cut(rest, []byte{' '})
	subtrees, rest, ok3 := bytes.Cut(rest, []byte{'\n'})
	if !ok1 || !ok2 || !ok3 || depth == 0 {
		return nil, nil, errCachedTree
	}
	t = &cachedTree{name: string(name)}
	n, err1 := strconv.Atoi(string(subtrees))
	t.count, err = strconv.Atoi(string(count))
	if err != nil || err1 != nil || n < 0 {
		return nil, nil, errCachedTree
	}
	if t.count >= 0 {
		if len(rest) < len(chunkstore.ID{}) {
			return nil, nil, errCachedTree
		}
		t.id, rest = rest[:len(chunkstore.ID{})], rest[len(chunkstore.ID{}):]
	}
	for range n {
		child, after, err := parseCachedTree(rest, depth-1)
		if err != nil {
			return nil, nil, err
		}
		t.children = append(t.children, child)
		rest = after
	}
	return t, rest, nil
}

func (t *cachedTree) invalidate(path string) {
	for {
		t.count = -1
		dir, below, found := strings.Cut(path, "/")
		child := t.child(dir)
		if child == nil {
			return
		}
		if !found {
			// What was a directory is now a file.
			t.children = slices.DeleteFunc(t.children, func(c *cachedTree) bool { return c == child })
			delete(t.byName, dir)
			return
		}
		t, path = child, below
	}
}

func (t *cachedTree) child(name string) *cachedTree {
	if t.byName == nil {
		t.byName = make(map[string]*cachedTree, len(t.children))
		for _, c := range t.children {
			t.byName[c.name] = c
		}
	}
	return t.byName[name]
}

func (t *cachedTree) append(b []byte) []byte {
	b = append(b, t.name...)
	b = fmt.Appendf(b, "\x00%d %d\n", max(t.count, -1), len(t.children))
	if t.count >= 0 {
		b = append(b, t.id...)
	}
	for _, c := range t.children {
		b = c.append(b)
	}
	return b
}

// undoLog gathers records for the REUC extension, by which git can bring a
// conflict back after it was resolved.
type undoLog struct{ records []byte }

// add records the sides of a conflict that is being resolved. Of two records
// for one path git takes the later.
func (u *undoLog) add(old []Entry) {
	var sides [4]*Entry
	for i := range old {
		sides[old[i].Stage] = &old[i]
	}
	if sides[1] == nil && sides[2] == nil && sides[3] == nil {
		return
	}
	u.records = append(append(u.records, old[0].Path...), 0)
	for _, side := range sides[1:] {
		mode := uint32(0)
		if side != nil {
			mode = side.Mode
		}
		u.records = fmt.Appendf(u.records, "%o\x00", mode)
	}
	for _, side := range sides[1:] {
		if side != nil {
			u.records = append(u.records, side.ID[:]...)
		}
	}
}

func (u *undoLog) encode(before []byte) []byte {
	return append(slices.Clip(before), u.records...)
}
