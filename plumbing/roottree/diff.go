// SPDX-License-Identifier: Apache-2.0

package roottree

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/git-devops/git-devops/plumbing/mtree"
	"github.com/git-devops/git-devops/plumbing/node"
)

// Diff calls fn, in the order of node.ComparePaths, for each path at which two
// trees are not the same; nil stands for nothing. Either tree may be nil.
// Directories that are the same are not looked into.
func Diff(a, b *Tree, fn func(path string, a, b *node.Node) error) error {
	paths := map[string]bool{}
	diffDirs(a.root(), b.root(), "", func(path string) { paths[path] = true })
	diffSpecs(a.mtree(), b.mtree(), func(path string) {
		for ; path != node.RootPath && !paths[path]; path = node.Parent(path) {
			paths[path] = true
		}
		paths[path] = true
	})
	noteLinks(a.mtree(), paths)
	noteLinks(b.mtree(), paths)
	for _, path := range slices.SortedFunc(maps.Keys(paths), node.ComparePaths) {
		na, nb := a.Get(path), b.Get(path)
		if same(na, nb) {
			continue
		}
		if err := fn(path, na, nb); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tree) root() *dir {
	if t == nil {
		return &dir{}
	}
	return t.top
}

func (t *Tree) mtree() *mtree.Spec {
	if t == nil {
		return &mtree.Spec{}
	}
	return t.spec
}

// diffDirs notes the paths that git has differently.
func diffDirs(a, b *dir, prefix string, note func(string)) {
	x, y := a.entries, b.entries
	for len(x) > 0 || len(y) > 0 {
		var left, right *entry
		order := compareFirst(x, y)
		if order <= 0 {
			left, x = &x[0], x[1:]
		}
		if order >= 0 {
			right, y = &y[0], y[1:]
		}
		diffEntries(left, right, prefix, note)
	}
}

// compareFirst tells which of two lists has the next name, 0 for both.
func compareFirst(x, y []entry) int {
	switch {
	case len(x) == 0:
		return 1
	case len(y) == 0:
		return -1
	}
	return strings.Compare(x[0].name, y[0].name)
}

// diffEntries compares what two directories have at one name; nil is nothing.
func diffEntries(a, b *entry, prefix string, note func(string)) {
	if a != nil && b != nil && a.id == b.id && a.mode == b.mode {
		return
	}
	name := cmp.Or(a, b).name
	path := prefix + name
	if node.IsControl(path) {
		return
	}
	note(path)
	below := func(e *entry) *dir {
		if e == nil || e.dir == nil {
			return &dir{}
		}
		return e.dir
	}
	diffDirs(below(a), below(b), path+"/", note)
}

func diffSpecs(a, b *mtree.Spec, note func(string)) {
	for path, e := range a.All() {
		if o, ok := b.Get(path); !ok || !e.Equal(o) {
			note(path)
		}
	}
	for path := range b.All() {
		if _, ok := a.Get(path); !ok {
			note(path)
		}
	}
}

// noteLinks adds the further names of files whose first is among paths.
func noteLinks(s *mtree.Spec, paths map[string]bool) {
	for path, e := range s.All() {
		if e.Link != "" && paths[e.Link] {
			paths[path] = true
		}
	}
}

// same tells whether two nodes are the same in every field.
func same(a, b *node.Node) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Mtime != nil && b.Mtime != nil && *a.Mtime != *b.Mtime || (a.Mtime == nil) != (b.Mtime == nil) {
		return false
	}
	return node.Diff(a, b) == 0 && a.Large == b.Large && a.Implied == b.Implied
}
