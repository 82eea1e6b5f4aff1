// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"slices"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/live"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/rootfs"
)

// link finds which candidates are names of the same file.
func (r *run) link() {
	first := map[inode]string{}
	for i := range r.todo {
		c := &r.todo[i]
		if !c.shared() {
			continue
		}
		key := inode{c.id.Dev, c.id.Ino}
		if name, ok := first[key]; ok {
			c.link = name
		} else {
			first[key] = c.path
		}
	}
}

// shared tells of a file with several names.
func (c *candidate) shared() bool { return c.kind() == unix.S_IFREG && c.id.Nlink > 1 }

// linkedOutside adds the managed paths that were not named and share a file
// with one that was, or did: which name is the first may have changed.
func (w *walker) linkedOutside() error {
	inodes := map[inode]bool{}
	for i := range w.todo {
		if c := &w.todo[i]; c.shared() {
			inodes[inode{c.id.Dev, c.id.Ino}] = true
		}
	}
	outside := w.spec.linkedTo(func(path string) bool { return withinAny(path, w.named) })
	if len(inodes) > 0 {
		numbers := map[uint32]bool{}
		for i := range inodes {
			numbers[uint32(i.ino)] = true
		}
		for i := range w.index.Entries {
			if e := &w.index.Entries[i]; numbers[e.Stat.Ino] && !e.SkipWorktree {
				outside = append(outside, e.Path)
			}
		}
	}
	for _, path := range outside {
		if err := w.addLinked(path, inodes); err != nil {
			return err
		}
	}
	return nil
}

// withinAny tells whether a path is at or below one of dirs, which are sorted
// and none below another.
func withinAny(path string, dirs []string) bool {
	i, found := slices.BinarySearchFunc(dirs, path, node.ComparePaths)
	return found || i > 0 && node.Within(path, dirs[i-1])
}

// addLinked adds a path, of which there is reason to think that it has or had
// another name among those that were named.
func (w *walker) addLinked(path string, inodes map[inode]bool) error {
	if withinAny(path, w.named) {
		return nil
	}
	st, err := w.Root.Lstat(path)
	if rootfs.Absent(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG || !inodes[inode{st.Dev, st.Ino}] && w.spec.link(path) == "" {
		return nil
	}
	if err := w.parents(path); err != nil {
		return err
	}
	w.todo = append(w.todo, candidate{path: path, id: live.IdentityOf(&st)})
	return nil
}
