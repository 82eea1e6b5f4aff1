// SPDX-License-Identifier: Apache-2.0

package bring

import (
	"context"
	"errors"
	"fmt"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/apply"
	"github.com/git-devops/git-devops/plumbing/plan"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// Options say how a run is done, and what the person is told.
type Options struct {
	DryRun      bool
	Plan        string // the digest that the plan must have, "" for any
	ExitCode    bool   // exit with Differs when there is something to do, or was
	NoActions   bool
	FastForward bool
	Held        bool // the target is what the host is held back at
	Whole       bool // exit with Differs when a path stays as it is
	// What is how a run is called at its end that does not apply its target.
	What string
	// Begin is called, unless it is nil, right before the first change: not
	// when the plan is only shown, is refused, or lacks something.
	Begin func() error
}

// Do shows the plan of a run, or does it.
func (s *Session) Do(ctx context.Context, r *apply.Run, o Options) error {
	if o.Plan != "" && o.Plan != r.Plan.Digest() {
		return porcelain.Exit(porcelain.Differs, &otherPlan{r.Plan.Digest()})
	}
	if o.DryRun {
		return s.show(r, o)
	}
	if err := s.g.FetchLacking(ctx, s.Work, r.Need); err != nil {
		return err
	}
	t := &tally{ui: s.g.UI}
	for step := range r.Plan.Steps() {
		if step.Kind.Idle() || step.Kind == plan.Save {
			t.idle(step)
		}
	}
	if t.refused > 0 {
		return t.result(o)
	}
	if o.Begin != nil {
		if err := o.Begin(); err != nil {
			return err
		}
	}
	result, err := r.Do(ctx, apply.DoOptions{
		Report: t.add, Output: s.g.UI.Out(), NoActions: o.NoActions, FastForward: o.FastForward,
	})
	if err != nil && len(result.Outcomes) == 0 {
		return err
	}
	s.g.UI.Info(summary{
		Target: r.Plan.Target.String(), Plan: r.Plan.Digest(), Changed: t.changed, Failed: t.failed,
		Kept: t.kept, Conflicts: t.conflicts, Drift: hex(result.Drift), Report: hex(result.Report),
		what: o.What,
	})
	return errors.Join(err, t.result(o))
}

// show prints the plan.
func (s *Session) show(r *apply.Run, o Options) error {
	t := &tally{ui: s.g.UI}
	for step := range r.Plan.Steps() {
		s.g.UI.Print(stepRecord{step: step})
		t.count(step)
	}
	s.g.UI.Print(planRecord{
		Base: hex(r.Plan.Base), Target: r.Plan.Target.String(), Plan: r.Plan.Digest(), Steps: t.steps,
	})
	return t.result(o)
}

func hex(id chunkstore.ID) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}

// A tally counts what becomes of the steps, and tells.
type tally struct {
	ui *ui.UI

	steps, changed, failed, kept, conflicts, refused int
	// hinted are the hints that were given.
	hinted map[string]bool
}

// count counts a step by its kind.
func (t *tally) count(step *plan.Step) {
	t.steps++
	switch step.Kind {
	case plan.Save:
	case plan.Refuse:
		t.refused++
	case plan.Conflict:
		t.conflicts++
	case plan.Stay, plan.Leave, plan.Forget:
		t.kept++
	default:
		t.changed++
	}
}

// idle tells of a step with which nothing is done on the root.
func (t *tally) idle(step *plan.Step) {
	t.count(step)
	switch {
	case t.ui.JSON():
		t.ui.Info(stepRecord{step: step})
	case step.Kind == plan.Conflict, step.Kind == plan.Refuse:
		t.ui.Errorf("%s: %s", ui.Path(step.Path), reason(step))
	default:
		t.ui.Info(stepRecord{step: step})
	}
}

func reason(step *plan.Step) string {
	if step.Kind == plan.Refuse {
		return "has drifted (" + step.Aspects.String() + "), and must not"
	}
	return "conflict: " + step.Detail()
}

// add tells of a step that was done or has failed.
func (t *tally) add(o apply.Outcome) {
	r := stepRecord{step: o.Step}
	if o.Err == nil {
		t.changed++
		t.ui.Info(r)
		return
	}
	t.failed++
	if t.ui.JSON() {
		r.err = o.Err.Error()
		t.ui.Print(r)
		return
	}
	t.ui.Errorf("%s: %v", ui.Path(o.Step.Path), o.Err)
	t.hint(o.Err)
}

// hint says, once, what to do about an error that knows.
func (t *tally) hint(err error) {
	var h interface{ Hint() string }
	if !errors.As(err, &h) || t.hinted[h.Hint()] {
		return
	}
	if t.hinted == nil {
		t.hinted = map[string]bool{}
	}
	t.hinted[h.Hint()] = true
	t.ui.Hintf("%s", h.Hint())
}

// result is the error that the command ends with.
func (t *tally) result(o Options) error {
	switch {
	case t.refused > 0:
		return porcelain.Exit(porcelain.Conflict, fmt.Errorf("%d paths must not drift, and have", t.refused))
	case t.conflicts > 0:
		return porcelain.Exit(porcelain.Conflict, &conflictError{t.conflicts})
	case t.failed > 0:
		return porcelain.Exit(porcelain.Partial, fmt.Errorf("%d steps failed", t.failed))
	case o.Held:
		return porcelain.Exit(porcelain.Frozen, nil)
	case o.Whole && t.kept > 0, o.ExitCode && t.changed > 0:
		return porcelain.Exit(porcelain.Differs, nil)
	}
	return nil
}
