// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"errors"

	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/plan"
	"github.com/git-devops/git-devops/plumbing/rootfs"
)

// findOthers finds what else at the paths there is to heed.
func (l *look) findOthers() error {
	for _, p := range l.paths {
		if err := errors.Join(l.findLinked(p), l.findShared(p), l.findBusy(p)); err != nil {
			return err
		}
	}
	return nil
}

// findLinked looks whether a symbolic link leads to a directory that will do.
// One that was applied will not: it is the target that wants it no longer.
func (l *look) findLinked(p *plan.Path) error {
	if p.Live == nil || p.Live.Type != node.Symlink || !mayBeLinked(p.Base, p.Target) {
		return nil
	}
	d, err := l.e.Root.OpenDir(p.Name)
	if err != nil {
		return nil // then it will not do
	}
	p.Linked = true
	return d.Close()
}

// mayBeLinked says that a link may stand for a directory: one that is implied,
// or was.
func mayBeLinked(base, target *node.Node) bool {
	if target == nil {
		return base != nil && base.Implied
	}
	return target.Implied && (base == nil || base.Type != node.Symlink)
}

// findShared looks whether what may be changed in place has names that are not
// managed, or that somebody else may have given it.
func (l *look) findShared(p *plan.Path) error {
	if p.Live == nil || p.Live.Type == node.Dir || p.Target == nil ||
		node.Diff(p.Target, p.Live)&^node.Metadata != 0 {
		return nil
	}
	st, err := l.e.Root.Lstat(p.Name)
	if rootfs.Unreachable(err) {
		return nil
	}
	if err != nil {
		return err
	}
	names, err := l.namesOf(p.Name, p.Target)
	if err != nil || st.Nlink == 1 && names == 1 {
		return err
	}
	p.Shared = p.Live.Type != node.File || int(st.Nlink) > names
	if p.Shared || p.Target.Link != "" {
		return nil
	}
	p.Shared, err = l.unsafe(node.Parent(p.Name))
	return err
}

// unsafe says whether others than root may put names into a directory.
func (l *look) unsafe(dir string) (bool, error) {
	d, err := l.e.Root.OpenDir(dir)
	if err != nil {
		return false, err
	}
	defer d.Close()
	why, err := d.Unsafe()
	return why != "", err
}

// namesOf counts the paths of the target that are to share one inode.
func (l *look) namesOf(path string, n *node.Node) (int, error) {
	if l.further == nil {
		spec, err := l.target.Spec()
		if err != nil {
			return 0, err
		}
		l.further = map[string]int{}
		for path, e := range spec.All() {
			if e.Link == "" {
				continue
			}
			n, err := l.target.Get(path)
			if err != nil {
				return 0, err
			}
			if n != nil && n.Link != "" {
				l.further[n.Link]++
			}
		}
	}
	if n.Link != "" {
		path = n.Link
	}
	return 1 + l.further[path], nil
}

// findBusy lists what is not managed in a directory that is to go.
func (l *look) findBusy(p *plan.Path) error {
	if p.Live == nil || p.Live.Type != node.Dir || p.Target != nil && p.Target.Type == node.Dir {
		return nil
	}
	d, err := l.e.Root.OpenDir(p.Name)
	if rootfs.Unreachable(err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer d.Close()
	names, err := d.Names()
	if err != nil {
		return err
	}
	for _, name := range names {
		path := node.JoinPath(p.Name, name)
		if _, ok := l.paths[path]; ok {
			continue
		}
		managed, err := l.managed(path)
		if err != nil {
			return err
		}
		passing, err := l.e.passing(name)
		if err != nil {
			return err
		}
		if !managed && !passing {
			p.Busy = append(p.Busy, name)
		}
	}
	return nil
}

// managed says whether base knows the path.
func (l *look) managed(path string) (bool, error) {
	if l.base == nil {
		return false, nil
	}
	n, err := l.base.Get(path)
	return n != nil, err
}
