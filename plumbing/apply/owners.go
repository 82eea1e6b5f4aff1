// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"bytes"
	"fmt"
	"io"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/accounts"
	"github.com/git-devops/git-devops/plumbing/plan"
)

// owners are the accounts that a root has when a plan is done: those of the
// passwd and group files that the plan writes, then those that there are.
type owners struct{ after, now *accounts.Accounts }

func (o *owners) uid(name string) (uint32, error) {
	if id, err := o.after.UID(name); err == nil {
		return id, nil
	}
	return o.now.UID(name)
}

func (o *owners) gid(name string) (uint32, error) {
	if id, err := o.after.GID(name); err == nil {
		return id, nil
	}
	return o.now.GID(name)
}

// findOwners reads the accounts, and makes sure that every owner of the plan is
// among them. The error names the path and is an *accounts.UnknownError.
func (r *Run) findOwners() (*owners, error) {
	passwd, err := r.written("etc/passwd")
	if err != nil {
		return nil, err
	}
	group, err := r.written("etc/group")
	if err != nil {
		return nil, err
	}
	o := &owners{now: r.e.Accounts}
	if o.after, err = accounts.Parse(passwd, group); err != nil {
		return nil, err
	}
	for step := range r.Plan.Steps() {
		if !changes(step) || step.To == nil {
			continue
		}
		if _, err := o.uid(step.To.Owner); err != nil {
			return nil, fmt.Errorf("%s: %w", step.Path, err)
		}
		if _, err := o.gid(step.To.Group); err != nil {
			return nil, fmt.Errorf("%s: %w", step.Path, err)
		}
	}
	return o, nil
}

// written returns the content of a small file that the plan writes, nothing
// when it does not.
func (r *Run) written(path string) (io.Reader, error) {
	var id chunkstore.ID
	for step := range r.Plan.Steps() {
		if step.Path == path && step.Kind == plan.Write && !step.To.Large {
			id = step.To.Content
		}
	}
	if id.IsZero() {
		return nil, nil
	}
	data, err := r.e.blob(id)
	return bytes.NewReader(data), err
}
