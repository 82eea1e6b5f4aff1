// SPDX-License-Identifier: Apache-2.0

package repo

import (
	"fmt"
	"slices"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
)

// IndexTx collects the changes of one UpdateIndex. Where a path is changed
// twice, the last change counts.
type IndexTx struct {
	base       *Index
	changes    []change
	writeTrees func([]chunkstore.Tree) error // or nil
}

type change struct {
	Entry
	remove bool
	order  int
}

// Index is what the changes will be applied to. It must not be modified.
func (tx *IndexTx) Index() *Index { return tx.base }

// Set enters a file or link, in place of what the index has at its path: an
// entry, the sides of a conflict (which git can bring back as after its own
// add), the files below it, or a file where it needs a directory. The blob
// need not exist yet.
func (tx *IndexTx) Set(e Entry) error {
	switch {
	case e.Mode != ModeFile && e.Mode != ModeExecutable && e.Mode != ModeLink:
		return fmt.Errorf("enter %q into the index: mode %o", e.Path, e.Mode)
	case e.Stage != 0:
		return fmt.Errorf("enter %q into the index: stage %d", e.Path, e.Stage)
	case e.ID == chunkstore.ID{}:
		return fmt.Errorf("enter %q into the index: no object id", e.Path)
	}
	for step := range strings.SplitSeq(e.Path, "/") {
		if !safeName(step) {
			return fmt.Errorf("enter %q into the index: not a path in a work tree", e.Path)
		}
	}
	tx.changes = append(tx.changes, change{e, false, len(tx.changes)})
	return nil
}

// Remove takes a path, all sides of it in a conflict, out of the index. It may
// be absent.
func (tx *IndexTx) Remove(path string) {
	tx.changes = append(tx.changes, change{Entry{Path: path}, true, len(tx.changes)})
}

// settle sorts the changes and leaves one for each path.
func (tx *IndexTx) settle() {
	slices.SortFunc(tx.changes, func(a, b change) int {
		if c := strings.Compare(a.Path, b.Path); c != 0 {
			return c
		}
		return b.order - a.order
	})
	tx.changes = slices.CompactFunc(tx.changes, func(a, b change) bool {
		return a.Path == b.Path
	})
}

// apply returns the index with the changes, nil if that is the same one.
func (tx *IndexTx) apply() (*Index, error) {
	tx.settle()
	shadowed, err := tx.shadowed()
	if err != nil {
		return nil, err
	}
	m := merge{base: tx.base, shadowed: shadowed}
	m.out = make([]Entry, 0, len(tx.base.Entries)+len(tx.changes))
	for _, c := range tx.changes {
		m.copyBefore(c.Path)
		m.replace(c)
	}
	m.copyRest()
	if !m.changed {
		return nil, nil
	}
	return &Index{
		Entries: m.out,
		version: tx.base.version,
		tree:    invalidateTree(tx.base.tree, m.touched),
		undo:    m.undo.encode(tx.base.undo),
	}, nil
}

// shadowed returns the positions of entries that must go because a path that
// is set makes a directory of a file, or a file of a directory.
func (tx *IndexTx) shadowed() (map[int]bool, error) {
	gone := map[int]bool{}
	checked := "" // the directory of the path before, already looked at
	for _, c := range tx.changes {
		if c.remove {
			continue
		}
		tx.base.markBelow(c.Path, gone)
		dir := c.Path[:max(0, strings.LastIndexByte(c.Path, '/'))]
		if dir == checked {
			continue
		}
		for checked = dir; dir != ""; dir = dir[:max(0, strings.LastIndexByte(dir, '/'))] {
			if tx.sets(dir) {
				return nil, fmt.Errorf("enter %q into the index: %q is entered as a file", c.Path, dir)
			}
			tx.base.markAt(dir, gone)
		}
	}
	return gone, nil
}

// sets says whether the settled changes enter a path.
func (tx *IndexTx) sets(path string) bool {
	i, ok := slices.BinarySearchFunc(tx.changes, path, func(c change, path string) int {
		return strings.Compare(c.Path, path)
	})
	return ok && !tx.changes[i].remove
}

// markAt marks the entries of a path, in all stages.
func (x *Index) markAt(path string, mark map[int]bool) {
	for i, _ := x.Find(path); i < len(x.Entries) && x.Entries[i].Path == path; i++ {
		mark[i] = true
	}
}

// markBelow marks the entries in the directory that a path would be.
func (x *Index) markBelow(path string, mark map[int]bool) {
	dir := path + "/"
	for i, _ := x.Find(dir); i < len(x.Entries) && strings.HasPrefix(x.Entries[i].Path, dir); i++ {
		mark[i] = true
	}
}

// merge walks once along the old entries and the changes.
type merge struct {
	base     *Index
	shadowed map[int]bool
	at       int // the next of the old entries

	out     []Entry
	undo    undoLog
	touched []string // paths whose cached trees are no longer true
	changed bool
}

func (m *merge) copyBefore(path string) {
	for m.at < len(m.base.Entries) && m.base.Entries[m.at].Path < path {
		m.copyOne()
	}
}

func (m *merge) copyRest() {
	for m.at < len(m.base.Entries) {
		m.copyOne()
	}
}

func (m *merge) copyOne() {
	e := m.base.Entries[m.at]
	if m.shadowed[m.at] {
		m.touch(e.Path)
	} else {
		m.out = append(m.out, smudged(e, m.base))
	}
	m.at++
}

// smudged makes an old entry that is racy with the old index stay so with the
// new one, whose time is later: git reads a file again when its entry has the
// size 0.
func smudged(e Entry, base *Index) Entry {
	if e.Mode != ModeSubmodule && e.racy(base.Mtime) {
		e.Stat.Size = 0
	}
	return e
}

func (m *merge) touch(path string) {
	m.touched = append(m.touched, path)
	m.changed = true
}

// replace puts a change in the place of the path's old entries.
func (m *merge) replace(c change) {
	first := m.at
	for m.at < len(m.base.Entries) && m.base.Entries[m.at].Path == c.Path {
		m.at++
	}
	old := m.base.Entries[first:m.at]
	m.undo.add(old)
	if c.remove {
		if len(old) > 0 {
			m.touch(c.Path)
		}
		return
	}
	m.out = append(m.out, c.Entry)
	switch {
	case len(old) != 1 || !sameContent(old[0], c.Entry):
		m.touch(c.Path)
	case old[0] != c.Entry || old[0].racy(m.base.Mtime):
		// A racy entry ceases to be one in an index with a later time.
		m.changed = true
	}
}

// sameContent says whether trees made from either entry are the same.
func sameContent(a, b Entry) bool {
	return a.Mode == b.Mode && a.ID == b.ID && a.Stage == b.Stage && a.IntentToAdd == b.IntentToAdd
}
