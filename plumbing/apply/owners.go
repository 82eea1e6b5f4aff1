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

// findOwners returns the accounts that the root has when the plan is done: those
// of the passwd and group files that it writes, then those that there are. It
// makes sure that every owner of the plan is among them: the error names the
// path and is an *accounts.UnknownError.
func (r *Run) findOwners() (accounts.Chain, error) {
	passwd, err := r.written("etc/passwd")
	if err != nil {
		return nil, err
	}
	group, err := r.written("etc/group")
	if err != nil {
		return nil, err
	}
	after, err := accounts.Parse(passwd, group)
	if err != nil {
		return nil, err
	}
	owners := accounts.Chain{after, r.e.Accounts}
	for step := range r.Plan.Steps() {
		if !changes(step) || step.To == nil {
			continue
		}
		if _, err := owners.UID(step.To.Owner); err != nil {
			return nil, fmt.Errorf("%s: %w", step.Path, err)
		}
		if _, err := owners.GID(step.To.Group); err != nil {
			return nil, fmt.Errorf("%s: %w", step.Path, err)
		}
	}
	return owners, nil
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
	data, err := r.e.blob(id, accounts.MaxFile)
	return bytes.NewReader(data), err
}
