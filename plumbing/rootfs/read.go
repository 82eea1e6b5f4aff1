// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"os"

	"github.com/git-devops/git-devops/plumbing/node"
)

// in calls fn with the open directory of path and the name of it there, "."
// for the root itself.
func (r *Root) in(path string, fn func(d *Dir, name string) error) error {
	if err := node.CheckPath(path); err != nil {
		return err
	}
	parent, name := node.SplitPath(path)
	fd, real, err := r.openDir(parent)
	if err != nil {
		return err
	}
	d := &Dir{fd, real}
	defer d.Close()
	return fn(d, name)
}

// Resolve returns the path by which the same thing is reached without symbolic
// links among its parents. Its last name is not looked at.
func (r *Root) Resolve(path string) (real string, err error) {
	err = r.in(path, func(d *Dir, name string) error {
		real = node.JoinPath(d.path, name)
		return nil
	})
	return real, err
}

// Lstat says what is at path. Nothing there is fs.ErrNotExist.
func (r *Root) Lstat(path string) (info Info, err error) {
	err = r.in(path, func(d *Dir, name string) error { return d.Lstat(name, &info) })
	return info, err
}

// OpenFile opens a regular file for reading; see Dir.OpenFile.
func (r *Root) OpenFile(path string) (f *os.File, err error) {
	err = r.in(path, func(d *Dir, name string) error {
		f, err = d.OpenFile(name)
		return err
	})
	return f, err
}

// Readlink returns where the symbolic link at path points to.
func (r *Root) Readlink(path string) (target string, err error) {
	err = r.in(path, func(d *Dir, name string) error {
		target, err = d.Readlink(name)
		return err
	})
	return target, err
}
