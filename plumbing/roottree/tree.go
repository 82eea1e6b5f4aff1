// SPDX-License-Identifier: Apache-2.0

package roottree

import (
	"errors"
	"fmt"
	"iter"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/mtree"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// A Tree is the root that a commit or an index describes. It does not change,
// and its methods may be called concurrently.
type Tree struct {
	repo *repo.Repo
	top  *dir
	spec *mtree.Spec
	// extra are the paths that git's tree has not, in order; implied are those
	// of them that mtree does not list either, but leads through.
	extra   []string
	implied map[string]bool
}

// ID is the id of git's tree.
func (t *Tree) ID() chunkstore.ID { return t.top.id }

// Control returns the content of a control file. The error is repo.ErrNotFound
// when the tree has none of that path.
func (t *Tree) Control(path string) ([]byte, error) {
	e, _ := t.top.find(path)
	if e == nil || !e.isFile() || !node.IsControl(path) {
		return nil, fmt.Errorf("control file %s: %w", path, repo.ErrNotFound)
	}
	_, data, err := t.repo.ObjectAtMost(e.id, controlLimit(path))
	if large, ok := errors.AsType[*repo.TooLargeError](err); ok {
		return nil, &BadTreeError{Path: path, Why: fmt.Sprintf("has %d bytes, more than %d", large.Size, large.Limit)}
	}
	return data, err
}

// controlLimit is the size in bytes of the largest control file that is read.
func controlLimit(path string) int64 {
	if path == mtree.Path {
		return mtree.MaxSize
	}
	return 64 << 20
}

// settle checks mtree against git's tree, and finds what only mtree tells of.
func (t *Tree) settle() error {
	t.implied = map[string]bool{}
	for path, e := range t.spec.All() {
		if err := t.settlePath(path, e); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tree) settlePath(path string, e mtree.Entry) error {
	if path == node.RootPath {
		t.extra = append(t.extra, path)
		return nil
	}
	git, blocked := t.top.find(path)
	stale := byGit(e) && (git == nil || git.nodeType() != e.Type)
	switch {
	case stale && closed(e):
		return &BadTreeError{Path: path, Why: fmt.Sprintf(
			"has mode %04o in %s, but no such file is in the tree: one that was renamed would be open to all", *e.Perm, mtree.Path)}
	case stale, e.Optional:
		return nil
	case blocked != "":
		return &BadTreeError{Path: path, Why: fmt.Sprintf("is in %s, but %q is no directory", mtree.Path, blocked)}
	case git == nil:
		return t.addExtra(path)
	case git.nodeType() != e.Type:
		return &BadTreeError{Path: path, Why: fmt.Sprintf("is a %s in the tree, but a %s in %s", git.nodeType(), e.Type, mtree.Path)}
	case e.Link != "":
		return t.checkLink(path, e.Link)
	}
	return nil
}

// byGit tells whether an entry is about what git's tree has. Where that has
// something else there, or nothing, as after a merge, or when somebody has
// removed a file, the entry says nothing.
func byGit(e mtree.Entry) bool { return e.Type == node.File || e.Type == node.Symlink }

// closed tells whether an entry keeps a file from others. When the file is renamed
// without a look at its entry, nothing would.
func closed(e mtree.Entry) bool {
	return e.Type == node.File && e.Perm != nil && *e.Perm&0o004 == 0
}

// addExtra adds a path after the directories that lead to it.
func (t *Tree) addExtra(path string) error {
	parent := node.Parent(path)
	if parent != node.RootPath {
		if e, ok := t.extraEntry(parent); ok && e.Type != node.Dir {
			return &BadTreeError{Path: path, Why: fmt.Sprintf("is in %s, but %q is no directory", mtree.Path, parent)}
		} else if git, _ := t.top.find(parent); !ok && git == nil && !t.implied[parent] {
			if err := t.addExtra(parent); err != nil {
				return err
			}
			t.implied[parent] = true
		}
	}
	t.extra = append(t.extra, path)
	return nil
}

// checkLink refuses a further name of a file of which nobody knows the metadata.
func (t *Tree) checkLink(path, first string) error {
	target, _ := t.top.find(first)
	e, listed := t.spec.Get(first)
	switch {
	case listed && (e.Link != "" || e.Type != node.File), target != nil && target.nodeType() != node.File, target == nil && !listed:
		return &BadTreeError{Path: path, Why: fmt.Sprintf("is a hard link to %q, which is not the first name of a file", first)}
	}
	return nil
}

// linked tells whether a file is another name of first: somebody may have
// changed the one and not the other, or removed it.
func (t *Tree) linked(git *entry, first string) bool {
	target, _ := t.top.find(first)
	return target != nil && target.id == git.id && target.mode == git.mode
}

// Get returns what is at a path, nil for nothing. A nil Tree has nothing.
func (t *Tree) Get(path string) *node.Node {
	if t == nil {
		return nil
	}
	if path != node.RootPath && !node.IsControl(path) {
		if e, _ := t.top.find(path); e != nil {
			n := t.node(path, e)
			return &n
		}
	}
	e, ok := t.extraEntry(path)
	if !ok && !t.implied[path] {
		return nil
	}
	n := extraNode(e, ok)
	return &n
}

// Forgets tells whether a path is not managed any more, and stays.
func (t *Tree) Forgets(path string) bool { return t.Get(path) == nil && t.spec.Forgets(path) }

// node is what git and mtree tell of a path.
func (t *Tree) node(path string, git *entry) node.Node {
	n := git.node()
	e, ok := t.spec.Get(path)
	if !ok || e.Type != n.Type || e.Optional {
		return n
	}
	if e.Link != "" {
		if first, ok := t.spec.Get(e.Link); ok {
			mtree.Apply(first, &n)
		}
		if t.linked(git, e.Link) {
			n.Link = e.Link
		}
		return n
	}
	mtree.Apply(e, &n)
	return n
}

// extraEntry is what mtree says of a path that git's tree does not have.
func (t *Tree) extraEntry(path string) (mtree.Entry, bool) {
	e, ok := t.spec.Get(path)
	if ok && byGit(e) {
		return mtree.Entry{}, false
	}
	return e, ok
}

// extraNode is what mtree alone tells of, or implies.
func extraNode(e mtree.Entry, listed bool) node.Node {
	if !listed {
		n := node.Default(node.Dir, false)
		n.Implied = true
		return n
	}
	n := node.Default(e.Type, false)
	mtree.Apply(e, &n)
	return n
}

// Nodes gives all paths in the order of node.ComparePaths, with the
// directories that lead to them.
func (t *Tree) Nodes() iter.Seq2[string, node.Node] {
	return func(yield func(string, node.Node) bool) {
		extra := t.extra
		before := func(path string) bool {
			for len(extra) > 0 && (path == "" || node.ComparePaths(extra[0], path) < 0) {
				e, ok := t.extraEntry(extra[0])
				if !yield(extra[0], extraNode(e, ok)) {
					return false
				}
				extra = extra[1:]
			}
			return true
		}
		_ = walk(t.top, "", func(path string, e *entry) bool {
			return before(path) && yield(path, t.node(path, e))
		}) && before("")
	}
}

// walk gives all but control files, until yield returns false.
func walk(d *dir, prefix string, yield func(path string, e *entry) bool) bool {
	for i := range d.entries {
		e := &d.entries[i]
		path := prefix + e.name
		if prefix == "" && node.IsControl(path) {
			continue
		}
		if !yield(path, e) || e.dir != nil && !walk(e.dir, path+"/", yield) {
			return false
		}
	}
	return true
}
