// SPDX-License-Identifier: Apache-2.0

package mtree

import (
	"maps"
	"slices"

	"github.com/git-devops/git-devops/plumbing/node"
)

// Merge brings what theirs has changed since base into ours. Where both have
// changed the same path they may have changed different things of it; where
// they have not, the path is a conflict and stays as ours has it. Conflicts are
// in the order of node.ComparePaths.
func Merge(base, ours, theirs *Spec) (merged *Spec, conflicts []string) {
	merged = &Spec{entries: map[string]Entry{}}
	paths := map[string]bool{}
	for _, s := range []*Spec{ours, theirs} {
		for path := range s.entries {
			paths[path] = true
		}
	}
	for _, path := range slices.SortedFunc(maps.Keys(paths), node.ComparePaths) {
		e, ok := mergePath(side(base, path), side(ours, path), side(theirs, path))
		if !ok {
			conflicts = append(conflicts, path)
		}
		if e != nil {
			merged.entries[path] = *e
		}
	}
	return merged, conflicts
}

// side is nil where a Spec says nothing of a path.
func side(s *Spec, path string) *Entry {
	if e, ok := s.entries[path]; ok {
		return &e
	}
	return nil
}

// mergePath returns ours, and false, on a conflict.
func mergePath(base, ours, theirs *Entry) (*Entry, bool) {
	if e, ok := pick(base, ours, theirs, equalEntries); ok {
		return e, true
	}
	if ours == nil || theirs == nil || ours.Type != theirs.Type {
		return ours, false
	}
	if base == nil || base.Type != ours.Type {
		base = &Entry{Type: ours.Type, Owner: node.DefaultOwner, Group: node.DefaultGroup}
	}
	if e, ok := mergeFields(base, ours, theirs); ok {
		return e, true
	}
	return ours, false
}

// mergeFields merges what can be changed one without the other.
func mergeFields(base, ours, theirs *Entry) (*Entry, bool) {
	e, all := *ours, true
	note := func(ok bool) { all = all && ok }
	var ok bool
	e.Perm, ok = pick(base.Perm, ours.Perm, theirs.Perm, equal)
	note(ok)
	e.Owner, ok = pick(base.Owner, ours.Owner, theirs.Owner, same)
	note(ok)
	e.Group, ok = pick(base.Group, ours.Group, theirs.Group, same)
	note(ok)
	e.Mtime, ok = pick(base.Mtime, ours.Mtime, theirs.Mtime, equal)
	note(ok)
	e.Xattrs, ok = pick(base.Xattrs, ours.Xattrs, theirs.Xattrs, slices.Equal)
	note(ok)
	e.Device, ok = pick(base.Device, ours.Device, theirs.Device, same)
	note(ok)
	// A further name has no metadata of its own to be merged, nor has what is
	// not managed.
	note(ours.Link == theirs.Link && ours.Optional == theirs.Optional)
	return &e, all
}

// pick is the three-way rule. It returns ours, and false, on a conflict.
func pick[T any](base, ours, theirs T, equal func(a, b T) bool) (T, bool) {
	switch {
	case equal(ours, theirs), equal(base, theirs):
		return ours, true
	case equal(base, ours):
		return theirs, true
	}
	return ours, false
}

func same[T comparable](a, b T) bool { return a == b }

func equalEntries(a, b *Entry) bool {
	return a == b || a != nil && b != nil && a.Equal(*b)
}
