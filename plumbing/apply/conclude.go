// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/git-devops/git-devops/plumbing/actions"
	"github.com/git-devops/git-devops/plumbing/plan"
	"github.com/git-devops/git-devops/plumbing/report"
)

// conclude writes the report of the run, unless there is nothing to tell.
func (r *Run) conclude(ctx context.Context, result *Result, failure error) error {
	result.Outcomes = r.done
	if len(r.done) == 0 && failure == nil && result.Drift.IsZero() && r.applied == r.request.Target {
		return nil
	}
	// The report of a run that was interrupted is written, too.
	ctx = context.WithoutCancel(ctx)
	var err error
	result.Report, err = report.Write(ctx, r.e.Work.Repo, r.report(result, failure))
	return err
}

func (r *Run) report(result *Result, failure error) *report.Report {
	rep := &report.Report{
		Host: Hostname(), Verb: r.request.Verb, Type: r.e.Host.Type, Run: r.id,
		Base: r.applied, Target: r.request.Target, Plan: r.Plan.Digest(),
		Started: r.begun, Took: time.Since(r.begun), Drift: result.Drift, Outcome: report.Done,
	}
	left := r.done // in the order of the plan
	for step := range r.Plan.Steps() {
		s := report.Of(step)
		var o Outcome
		done := len(left) > 0 && left[0].Step == step
		if done {
			o, left = left[0], left[1:]
		}
		switch {
		case done && o.Err != nil:
			s.Outcome, s.Reason = report.Failed, reason(o.Err)
			rep.Outcome = report.Partly
		case done:
			s.Outcome = report.Done
		case step.Kind == plan.Save && !result.Drift.IsZero():
			s.Outcome = report.Done
		case step.Kind == plan.Conflict:
			s.Outcome = report.Noted
			rep.Outcome = report.Partly
		case step.Kind == plan.Stay, step.Kind == plan.Leave, step.Kind == plan.Forget:
			s.Outcome = report.Noted
		}
		s.Took = o.Duration
		rep.Add(s)
	}
	if failure != nil {
		rep.Outcome, rep.Reason = report.Failed, failure.Error()
	}
	return rep
}

// reason is what a report says of an error: of an action without what that
// wrote, which may be anything.
func reason(err error) string {
	if e, ok := errors.AsType[*actions.RunError](err); ok {
		return e.Reason
	}
	return err.Error()
}

// Hostname is the name under which this machine reports.
func Hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}
