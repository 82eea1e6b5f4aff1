// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"context"
	"maps"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/host"
	"github.com/git-devops/git-devops/plumbing/plan"
)

// settle makes the target what is applied, when it is, and runs the actions.
func (r *Run) settle(ctx context.Context, o DoOptions) error {
	if r.e.Detached || len(r.request.Paths) > 0 || r.failed() {
		return nil
	}
	if !r.versions {
		if err := r.adopt(ctx, o.FastForward); err != nil {
			return err
		}
	}
	if o.NoActions {
		return nil
	}
	return r.runActions(ctx, o.Output, o.Report)
}

// adopt makes the target what is applied.
func (r *Run) adopt(ctx context.Context, fastForward bool) error {
	if err := r.noteConflicts(); err != nil {
		return err
	}
	if r.applied != r.request.Target {
		err := r.e.Host.SetApplied(r.applied, r.request.Target, "devops "+r.request.Verb)
		if err != nil {
			return err
		}
	}
	if fastForward {
		if err := r.follow(ctx); err != nil {
			return err
		}
	}
	if err := r.e.Host.RemoveState(host.StateAttempts); err != nil {
		return err
	}
	if err := r.e.Host.Deleted(r.targetHas); err != nil {
		return err
	}
	r.remember(ctx)
	return nil
}

// failed says whether a step has failed.
func (r *Run) failed() bool {
	for _, o := range r.done {
		if o.Err != nil {
			return true
		}
	}
	return false
}

func (r *Run) targetHas(path string) (bool, error) {
	n, err := r.look.target.Get(path)
	return n != nil, err
}

// noteConflicts keeps, for each path that the plan could not bring to the
// target, the base that it still has.
func (r *Run) noteConflicts() error {
	conflicts := Conflicts{}
	for step := range r.Plan.Steps() {
		if step.Kind != plan.Conflict {
			continue
		}
		if base, ok := r.look.conflicts[step.Path]; ok {
			conflicts[step.Path] = base
		} else {
			conflicts[step.Path] = r.applied
		}
	}
	if maps.Equal(conflicts, r.look.conflicts) {
		return nil
	}
	return r.e.SetConflicts(conflicts)
}

// follow moves the host's branch to the target.
func (r *Run) follow(ctx context.Context) error {
	old, _, err := r.e.Work.Repo.Ref(r.e.Host.Branch())
	if err != nil {
		return err
	}
	return r.e.follow(ctx, old, r.request.Target)
}

// A Result is what came of a run.
type Result struct {
	// Drift is the commit that has the live versions which were replaced or
	// removed, zero when there were none.
	Drift chunkstore.ID
	// Outcomes are the steps that were done or failed, in order.
	Outcomes []Outcome
	// Report is the commit that tells of the run, zero when there was nothing
	// to tell.
	Report chunkstore.ID
}
