// SPDX-License-Identifier: Apache-2.0

package roottree

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/git-devops/git-devops/plumbing/node"
)

// Twins are two paths of one directory that differ in the case of letters only.
type Twins struct{ A, B string }

// Twins returns, in order, those that there are: a tree may have them, but not
// each root can.
func (t *Tree) Twins() []Twins {
	f := &twinFinder{extra: map[string][]string{}}
	for _, path := range t.extra {
		if path != node.RootPath {
			dir, name := node.SplitPath(path)
			f.extra[dir] = append(f.extra[dir], name)
		}
	}
	f.look(t.top, node.RootPath)
	for dir, names := range f.extra { // directories that git's tree does not have
		f.compare(dir, names)
	}
	slices.SortFunc(f.found, func(a, b Twins) int {
		return cmp.Or(node.ComparePaths(a.A, b.A), node.ComparePaths(a.B, b.B))
	})
	return f.found
}

type twinFinder struct {
	extra map[string][]string // names that only mtree has, by directory
	names []string
	found []Twins
}

// look finds twins in a directory and below it.
func (f *twinFinder) look(d *dir, path string) {
	f.names = append(f.names[:0], f.extra[path]...)
	delete(f.extra, path)
	for i := range d.entries {
		if name := d.entries[i].name; path != node.RootPath || !node.IsControl(name) {
			f.names = append(f.names, name)
		}
	}
	f.compare(path, f.names)
	for i := range d.entries {
		if e := &d.entries[i]; e.dir != nil && (path != node.RootPath || !node.IsControl(e.name)) {
			f.look(e.dir, node.JoinPath(path, e.name))
		}
	}
}

func (f *twinFinder) compare(dir string, names []string) {
	if !slices.ContainsFunc(names, func(name string) bool { return !isFolded(name) }) {
		return
	}
	seen := map[string]string{}
	for _, name := range names {
		folded := fold(name)
		if other, ok := seen[folded]; ok {
			a, b := min(name, other), max(name, other)
			f.found = append(f.found, Twins{node.JoinPath(dir, a), node.JoinPath(dir, b)})
		}
		seen[folded] = name
	}
}

// isFolded says of most names, without folding them, that fold leaves them.
func isFolded(name string) bool {
	for i := range len(name) {
		if c := name[i]; 'A' <= c && c <= 'Z' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// fold gives names that differ only in case the same form.
func fold(name string) string {
	if !utf8.ValidString(name) {
		return name
	}
	return strings.Map(func(r rune) rune {
		least := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		return least
	}, name)
}
