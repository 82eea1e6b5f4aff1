// SPDX-License-Identifier: Apache-2.0

package report

import (
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/plan"
)

// An Outcome says how a run or a step ended.
type Outcome string

// The outcomes.
const (
	Done    Outcome = "done"
	Partly  Outcome = "partly"  // of a run: some paths stay as they were
	Failed  Outcome = "failed"  // the reason says why
	Skipped Outcome = "skipped" // of a step: the run ended before it
	Noted   Outcome = "noted"   // of a step with which nothing was to be done
)

// A Report is what one run did.
type Report struct {
	Host string // as Name gives it
	// Verb is the command that ran: apply, rollback, …
	Verb string
	// Type is the machine type.
	Type string
	// Run names the run in the messages of the drift that it saved.
	Run string
	// Base and Target are commits, Plan is the plan's digest.
	Base, Target chunkstore.ID
	Plan         string
	Started      time.Time
	Took         time.Duration
	Outcome      Outcome
	Reason       string
	// Drift is the commit that has what was saved, zero for none.
	Drift chunkstore.ID
	Steps []Step
	// Omitted is how many steps are missing.
	Omitted int
}

// Add adds the next step, but for one that did not fail after very many.
func (r *Report) Add(s Step) {
	if len(r.Steps) < maxSteps || s.Outcome == Failed {
		r.Steps = append(r.Steps, s)
	} else {
		r.Omitted++
	}
}

// A Step is what became of a step of the plan.
type Step struct {
	Kind    plan.Kind
	Path    string
	Aspects []string
	Drift   bool
	Outcome Outcome
	Took    time.Duration // 0 where nobody measured
	Reason  string
}

// Of begins the report of a step.
func Of(s *plan.Step) Step {
	return Step{Kind: s.Kind, Path: s.Path, Aspects: s.Aspects.Names(), Drift: s.Drift, Outcome: Skipped, Reason: s.Reason}
}
