// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/git-devops/git-devops/plumbing/actions"
	"github.com/git-devops/git-devops/plumbing/host"
	"github.com/git-devops/git-devops/plumbing/plan"
	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/plumbing/roottree"
)

// readActions reads the actions of a tree, and which of them are pending.
func (e *Engine) readActions(ctx context.Context, t *roottree.Lazy) ([]actions.Action, []actions.Pending, error) {
	data, err := t.Control(actions.File)
	if errors.Is(err, repo.ErrNotFound) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	all, err := actions.Parse(ctx, e.Work.Git, data)
	if err != nil {
		return nil, nil, err
	}
	pending, err := e.pending()
	return all, pending, err
}

func (e *Engine) pending() ([]actions.Pending, error) {
	return host.ParseState(e.Host, host.StateActions, actions.DecodePending)
}

func (e *Engine) setPending(pending []actions.Pending) error {
	if len(pending) == 0 {
		return e.Host.RemoveState(host.StateActions)
	}
	return e.Host.WriteState(host.StateActions, actions.EncodePending(pending))
}

// planned is what the plan is told of the actions.
func (r *Run) planned() []plan.Action {
	var planned []plan.Action
	for i := range r.actions {
		a := &r.actions[i]
		planned = append(planned, plan.Action{
			Name: a.Name, Run: a.Run, Match: a.Match, Pending: findPending(r.pending, a.Name) >= 0,
		})
	}
	return planned
}

func findPending(pending []actions.Pending, name string) int {
	return slices.IndexFunc(pending, func(p actions.Pending) bool { return p.Name == name })
}

// expectActions notes, before anything is changed, which actions are to be run
// for it. Those that the target does not have any more are forgotten.
func (r *Run) expectActions() error {
	var pending []actions.Pending
	for step := range r.Plan.Steps() {
		if step.Kind != plan.Run {
			continue
		}
		if i := findPending(r.pending, step.Path); i >= 0 {
			pending = append(pending, r.pending[i])
		} else {
			pending = append(pending, actions.Pending{Name: step.Path, Commit: r.request.Target, Since: time.Now()})
		}
	}
	if len(pending) == 0 && len(r.pending) == 0 {
		return nil
	}
	r.pending = pending
	return r.e.setPending(pending)
}

// runActions runs what is pending, in order. One that fails stays pending, and
// does not keep the others from running.
func (r *Run) runActions(ctx context.Context, output io.Writer, report func(Outcome)) error {
	for step := range r.Plan.Steps() {
		if step.Kind != plan.Run {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		begun := time.Now()
		err := r.action(step.Path).Exec(ctx, r.e.Host.Root, output)
		o := Outcome{Step: step, Err: err, Duration: time.Since(begun)}
		r.done = append(r.done, o)
		report(o)
		if err := r.ran(step.Path, err); err != nil {
			return err
		}
	}
	return nil
}

func (r *Run) action(name string) *actions.Action {
	i := slices.IndexFunc(r.actions, func(a actions.Action) bool { return a.Name == name })
	return &r.actions[i]
}

// ran notes how an action went.
func (r *Run) ran(name string, failure error) error {
	i := findPending(r.pending, name)
	if failure != nil {
		r.pending[i].Failure = failure.Error()
	} else {
		r.pending = slices.Delete(r.pending, i, i+1)
	}
	return r.e.setPending(r.pending)
}
