// SPDX-License-Identifier: Apache-2.0

package roottree

import (
	"fmt"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// FromIndex reads an index as the tree that a commit of it would have. What is
// only intended is not in it; a conflict is a *BadTreeError. The other errors
// are those of Load.
func (l *Loader) FromIndex(x *repo.Index) (*Tree, error) {
	top, err := topOf(x)
	if err != nil {
		return nil, fmt.Errorf("read index: %w", err)
	}
	t, err := l.tree(top)
	if err != nil {
		return nil, fmt.Errorf("read index: %w", err)
	}
	return t, nil
}

// CheckIndex returns the error of FromIndex, without a look into files.
func CheckIndex(r *repo.Repo, x *repo.Index) error {
	top, err := topOf(x)
	if err == nil {
		t := &Tree{repo: r, top: top}
		if err = t.readSpec(); err == nil {
			err = t.settle()
		}
	}
	if err != nil {
		return fmt.Errorf("read index: %w", err)
	}
	return nil
}

func topOf(x *repo.Index) (*dir, error) {
	entries := make([]repo.Entry, 0, len(x.Entries))
	for _, e := range x.Entries {
		if e.Stage != 0 {
			return nil, &BadTreeError{Path: e.Path, Why: "is a conflict, to be resolved first"}
		}
		if !e.IntentToAdd {
			entries = append(entries, e)
		}
	}
	return indexDir("", entries)
}

// indexDir makes the directory of entries, whose paths all begin with prefix.
// The order of the index is that of trees.
func indexDir(prefix string, all []repo.Entry) (*dir, error) {
	var entries []entry
	var body []byte
	for len(all) > 0 {
		first := &all[0]
		name, _, isDir := strings.Cut(first.Path[len(prefix):], "/")
		e := entry{name: name, mode: first.Mode, id: first.ID}
		n := 1
		if isDir {
			below := prefix + name + "/"
			for n < len(all) && strings.HasPrefix(all[n].Path, below) {
				n++
			}
			d, err := indexDir(below, all[:n])
			if err != nil {
				return nil, err
			}
			e = entry{name: name, mode: repo.ModeTree, id: d.id, dir: d}
		}
		body = fmt.Appendf(body, "%o %s\x00%s", e.mode, e.name, e.id[:])
		entries = append(entries, e)
		all = all[n:]
	}
	return newDir(strings.TrimSuffix(prefix, "/"), chunkstore.ObjectID("tree", body), entries)
}
