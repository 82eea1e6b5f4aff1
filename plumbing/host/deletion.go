// SPDX-License-Identifier: Apache-2.0

package host

import (
	"fmt"
	"slices"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// Committed notes that a commit of what lies on the root has moved HEAD from
// before, zero for none, to after: then after counts as applied where before
// did. With files to be deleted in it, it does not: they still lie there. Call
// it with the lock held.
func (h *Host) Committed(before, after chunkstore.ID) error {
	deletions, err := h.Deletions()
	if err != nil || before == after {
		return err
	}
	if len(deletions) > 0 {
		return h.RemoveState(StateDeletions)
	}
	applied, _, err := h.Applied()
	if err != nil || applied != before {
		return err
	}
	return h.SetApplied(before, after, "commit")
}

// Deletions returns the paths that the next commit takes from the branch so
// that an apply deletes them on the root. What is in the index again is not
// among them.
func (h *Host) Deletions() ([]string, error) {
	data, ok, err := h.ReadState(StateDeletions)
	if err != nil || !ok {
		return nil, err
	}
	paths := strings.Split(strings.TrimSuffix(string(data), "\x00"), "\x00")
	index, err := h.repo.ReadIndex()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(paths, func(path string) bool { return path == "" || tracked(index, path) }), nil
}

func tracked(index *repo.Index, path string) bool {
	_, found := index.Find(path)
	return found
}

// AddDeletions adds to what Deletions returns. Call it with the lock held.
func (h *Host) AddDeletions(paths []string) error {
	old, err := h.Deletions()
	if err != nil {
		return err
	}
	all := append(old, paths...)
	slices.Sort(all)
	for _, path := range all {
		if strings.ContainsRune(path, 0) {
			return fmt.Errorf("delete %q: path contains a NUL", path)
		}
	}
	return h.WriteState(StateDeletions, encodeDeletions(slices.Compact(all)))
}

// Deleted forgets, after an apply, the deletions that it has made: those that
// the applied commit does not have, as has tells. The others are still to be
// committed. Call it with the lock held.
func (h *Host) Deleted(has func(path string) (bool, error)) error {
	all, err := h.Deletions()
	if err != nil {
		return err
	}
	var left []string
	for _, path := range all {
		is, err := has(path)
		if err != nil {
			return err
		}
		if is {
			left = append(left, path)
		}
	}
	if len(left) == 0 {
		return h.RemoveState(StateDeletions)
	}
	return h.WriteState(StateDeletions, encodeDeletions(left))
}

func encodeDeletions(paths []string) []byte {
	return []byte(strings.Join(paths, "\x00") + "\x00")
}
