// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"slices"

	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/roottree"
)

// checkOwn refuses a plan that changes the host's own repository, by whatever
// links a path leads there.
func (r *Run) checkOwn() error {
	own := r.e.Host.Own()
	if len(own) == 0 {
		return nil
	}
	dirs := map[string]string{} // without links
	for step := range r.Plan.Steps() {
		if !changes(step) {
			continue
		}
		dir, name := node.SplitPath(step.Path)
		real, ok := dirs[dir]
		if !ok {
			real = r.realDir(dir)
			dirs[dir] = real
		}
		path := node.JoinPath(real, name)
		if slices.ContainsFunc(own, func(dir string) bool { return node.Within(path, dir) }) {
			return &roottree.BadTreeError{Path: step.Path, Why: "is in the host's own repository"}
		}
	}
	return nil
}

// realDir returns where a directory is without links. What is not there yet is
// where it will be.
func (r *Run) realDir(dir string) string {
	d, err := r.e.Root.OpenDir(dir)
	if err != nil {
		return dir
	}
	defer d.Close()
	return d.Path()
}
