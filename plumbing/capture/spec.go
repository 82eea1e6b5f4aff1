// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/mtree"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// A spec is .devops/mtree as the index has it.
type spec struct {
	*mtree.Spec
	text []byte
}

// control returns the content of a control file in the index, nil when there is
// none.
func (r *run) control(index *repo.Index, path string) ([]byte, error) {
	i, ok := index.Find(path)
	if !ok {
		return nil, nil
	}
	if index.Entries[i].Stage != 0 {
		return nil, fmt.Errorf("%s has a conflict: merge it first", path)
	}
	_, data, err := r.Repo.ObjectAtMost(index.Entries[i].ID, mtree.MaxSize)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return data, nil
}

func (r *run) readSpec(index *repo.Index) (s spec, err error) {
	if s.text, err = r.control(index, mtree.Path); err != nil {
		return s, err
	}
	if s.text == nil {
		s.Spec = &mtree.Spec{}
		return s, nil
	}
	if s.Spec, err = mtree.Parse(bytes.NewReader(s.text)); err != nil {
		return s, fmt.Errorf("%s: %w", mtree.Path, err)
	}
	return s, nil
}

// link returns the first name of a path's file, as it is recorded.
func (s spec) link(path string) string {
	e, _ := s.Get(path)
	return e.Link
}

// linkedTo lists the paths that are recorded as names of the same file as one
// that is chosen.
func (s spec) linkedTo(chosen func(path string) bool) []string {
	var paths []string
	for path, e := range s.All() {
		if e.Link != "" && chosen(e.Link) {
			paths = append(paths, path)
		}
	}
	return paths
}

// managedBelow lists, sorted, the managed paths at or below dirs that are
// chosen.
func (r *run) managedBelow(dirs []string, chosen func(path string) bool) []string {
	var paths []string
	add := func(path string) {
		if withinAny(path, dirs) && chosen(path) {
			paths = append(paths, path)
		}
	}
	for i := range r.index.Entries {
		if path := r.index.Entries[i].Path; !node.IsControl(path) {
			add(path)
		}
	}
	for path, e := range r.spec.All() {
		if !e.Optional {
			add(path)
		}
	}
	slices.SortFunc(paths, node.ComparePaths)
	return slices.Compact(paths)
}

// describe says in s what was captured, and marks the candidates of which it
// said something else.
func (r *run) describe(s spec) {
	for _, path := range r.gone {
		s.Delete(path)
	}
	for i := range r.todo {
		c := &r.todo[i]
		n := r.node(c)
		was, had := s.Get(c.path)
		n.Implied = n.Type == node.Dir && r.leads(i, had)
		e, needed := mtree.Of(n, c.executable())
		switch {
		case needed && (!had || !e.Equal(was)):
			s.Set(c.path, e)
			c.changed = true
		case !needed && had:
			s.Delete(c.path)
			c.changed = true
		}
	}
}

// dropStale takes out what is said of files and links that the index does not
// have: git merges, and people remove files, without a look at it.
func (s spec) dropStale(index *repo.Index) {
	for _, path := range slices.Clone(s.Paths()) {
		e, _ := s.Get(path)
		if e.Optional || e.Type != node.File && e.Type != node.Symlink {
			continue
		}
		if _, found := index.Find(path); !found {
			s.Delete(path)
		}
	}
}

// leads tells whether a directory need not be listed because what it leads to
// is. One that was listed and only leads to what was named stays so.
func (r *run) leads(i int, had bool) bool {
	c := &r.todo[i]
	if c.parent {
		return !had
	}
	return c.path == node.RootPath || i+1 < len(r.todo) && node.Within(r.todo[i+1].path, c.path)
}

// put enters a control file into the index. Its entry says that it is not on
// the root.
func put(tx *repo.IndexTx, path string, id chunkstore.ID) error {
	return tx.Set(repo.Entry{Path: path, Mode: repo.ModeFile, ID: id, SkipWorktree: true})
}
