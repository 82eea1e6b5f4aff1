// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/git-devops/git-devops/plumbing/node"
)

// A root is a file system in memory. Names of one file share the inode.
type root map[string]*inode

type inode struct {
	node.Node
	// linked says of a symbolic link that it leads to a directory, whose names
	// are below it here.
	linked bool
}

func (r root) clone() root {
	copies := map[*inode]*inode{}
	c := root{}
	for path, ino := range r {
		if copies[ino] == nil {
			i := *ino
			copies[ino] = &i
		}
		c[path] = copies[ino]
	}
	return c
}

func (r root) paths() []string {
	return slices.SortedFunc(maps.Keys(r), node.ComparePaths)
}

// node gives what is live at a path, as seen by one who manages some.
func (r root) node(path string, managed map[string]bool) *node.Node {
	ino := r[path]
	if ino == nil {
		return nil
	}
	n := ino.Node
	n.Link = ""
	for _, p := range r.paths() {
		if r[p] == ino && managed[p] {
			if p != path && node.ComparePaths(p, path) < 0 {
				n.Link = p
			}
			break
		}
	}
	return &n
}

func (r root) names(dir string) []string {
	var names []string
	for _, p := range r.paths() {
		if p != dir && node.Parent(p) == dir {
			names = append(names, strings.TrimPrefix(p, dir+"/"))
		}
	}
	return names
}

// behindLink says that a path is reached through a link.
func (r root) behindLink(path string) bool {
	for path = node.Parent(path); path != "."; path = node.Parent(path) {
		if r[path] != nil && r[path].linked {
			return true
		}
	}
	return false
}

// hide takes what is below a path out of sight.
func (r root) hide(dir string) {
	for p := range r {
		if strings.HasPrefix(p, dir+"/") {
			delete(r, p)
		}
	}
}

// do carries out a step as strictly as a kernel would.
func (r root) do(s *Step, managed map[string]bool) error {
	if s.Kind == Save || s.Kind == Run || s.Kind.Idle() {
		return nil
	}
	if parent := r[node.Parent(s.Path)]; s.Path != "." && (parent == nil || parent.Type != node.Dir && !parent.linked) {
		return fmt.Errorf("the parent is no directory")
	}
	live := r.node(s.Path, managed)
	if s.From != nil && live != nil && s.From.Type == node.Dir {
		live.Mtime = s.From.Mtime // earlier steps in the directory changed it
	}
	if a := node.Diff(s.From, live); (s.From == nil) != (live == nil) || a&^(node.AspectLink) != 0 {
		return fmt.Errorf("live differs from what the step expects: %v, %+v, %+v", a, s.From, live)
	}
	if live != nil && live.Type == node.Dir && s.Kind != Set && len(r.names(s.Path)) > 0 {
		return fmt.Errorf("directory not empty")
	}
	if old := r[s.Path]; old != nil && old.linked && s.Kind != Set {
		r.hide(s.Path) // what the link leads to is not touched
	}
	switch s.Kind {
	case Mkdir, Write:
		if (s.To.Type == node.Dir) != (s.Kind == Mkdir) || s.Kind == Mkdir && live != nil && live.Type == node.Dir {
			return fmt.Errorf("cannot make this of that")
		}
		r[s.Path] = &inode{Node: *s.To}
		r[s.Path].Link = ""
	case Link:
		first := r[s.To.Link]
		if first == nil || first.Type != node.File {
			return fmt.Errorf("no file to link to")
		}
		r[s.Path] = first
	case Set:
		s.set(&r[s.Path].Node)
	case Remove, Rmdir:
		if (live.Type == node.Dir) != (s.Kind == Rmdir) {
			return fmt.Errorf("is of the wrong type")
		}
		delete(r, s.Path)
	default:
		return fmt.Errorf("unknown kind")
	}
	if s.Kind != Set {
		if parent := r[node.Parent(s.Path)]; parent != nil && s.Path != "." {
			parent.Mtime = &node.Mtime{Sec: 99}
		}
	}
	return nil
}

func (s *Step) set(n *node.Node) {
	if s.Aspects&node.AspectMode != 0 {
		n.Perm = s.To.Perm
	}
	if s.Aspects&node.AspectOwner != 0 {
		n.Owner = s.To.Owner
	}
	if s.Aspects&node.AspectGroup != 0 {
		n.Group = s.To.Group
	}
	if s.Aspects&node.AspectMtime != 0 {
		n.Mtime = s.To.Mtime
	}
	if s.Aspects&node.AspectXattrs != 0 {
		n.Xattrs = s.To.Xattrs
	}
}
