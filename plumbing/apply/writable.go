// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"io/fs"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/plan"
	"github.com/git-devops/git-devops/plumbing/rootfs"
)

// checkWritable refuses, with unix.EROFS and the path, a plan that changes
// something on a read-only file system, before all else is changed.
func (r *Run) checkWritable() error {
	checked := map[string]bool{}
	for step := range r.Plan.Steps() {
		if !changes(step) {
			continue
		}
		dir := node.Parent(step.Path)
		if step.Kind == plan.Set && step.To.Type == node.Dir {
			dir = step.Path
		}
		if checked[dir] {
			continue
		}
		checked[dir] = true
		readOnly, err := isReadOnly(r.e.Root, dir)
		if err != nil {
			return err
		}
		if readOnly {
			return &fs.PathError{Op: "change", Path: step.Path, Err: unix.EROFS}
		}
	}
	return nil
}

// isReadOnly looks at a directory that need not be there yet.
func isReadOnly(root *rootfs.Root, dir string) (bool, error) {
	d, err := root.OpenDir(dir)
	if rootfs.Unreachable(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer d.Close()
	var st unix.Statfs_t
	err = d.Statfs(&st)
	return st.Flags&unix.ST_RDONLY != 0, err
}
