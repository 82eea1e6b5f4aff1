// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"bytes"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/roottree"
)

// checkLinks refuses, with a *roottree.BadTreeError, symbolic links with a
// target that no system takes.
func (r *Run) checkLinks() error {
	for step := range r.Plan.Steps() {
		if !changes(step) || step.To == nil || step.To.Type != node.Symlink {
			continue
		}
		why, err := r.e.badTarget(step.To.Content)
		if err != nil {
			return err
		}
		if why != "" {
			return &roottree.BadTreeError{Path: step.Path, Why: why}
		}
	}
	return nil
}

// badTarget says why a blob can not be where a link points to, "" if it can.
func (e *Engine) badTarget(id chunkstore.ID) (string, error) {
	size, err := e.Work.Repo.ObjectSize(id)
	switch {
	case err != nil:
		return "", err
	case size == 0:
		return "is a link to nothing", nil
	case size > node.MaxPath:
		return "is a link to a path longer than 4095 bytes", nil
	}
	target, err := e.blob(id, node.MaxPath)
	if bytes.IndexByte(target, 0) >= 0 {
		return "is a link to a path with NUL", err
	}
	return "", err
}
