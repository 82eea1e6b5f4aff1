// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"fmt"

	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/plan"
	"github.com/git-devops/git-devops/plumbing/roottree"
)

// A TwinsError says that a root has one name for two paths of the target.
type TwinsError struct{ roottree.Twins }

func (e *TwinsError) Error() string {
	return fmt.Sprintf("%s and %s are one name here: the root's file system does not tell case", e.A, e.B)
}

// Hint says what can be done about it.
func (e *TwinsError) Hint() string { return "rename one of them where you work, and commit it" }

// checkTwins refuses a plan that makes what the root cannot tell from another
// path of the target.
func (r *Run) checkTwins() error {
	made := map[string]bool{}
	for step := range r.Plan.Steps() {
		switch step.Kind {
		case plan.Mkdir, plan.Write, plan.Link:
			made[step.Path] = true
		}
	}
	if len(made) == 0 || r.look.base != nil && r.look.base.ID() == r.look.target.ID() {
		return nil
	}
	tree, err := r.look.target.Tree()
	if err != nil {
		return err
	}
	for _, twins := range tree.Twins() {
		if !made[twins.A] && !made[twins.B] {
			continue
		}
		folds, err := r.e.Root.FoldsCase(node.Parent(twins.A))
		if err != nil {
			return err
		}
		if folds {
			return &TwinsError{twins}
		}
	}
	return nil
}
