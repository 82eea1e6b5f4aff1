// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/plan"
	"github.com/git-devops/git-devops/plumbing/report"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// A head is what a report says of the run. The words in it may be another
// machine's: a person sees them quoted where they could be misread.
type head struct {
	Commit  string         `json:"commit"`
	Host    string         `json:"host"`
	Verb    string         `json:"verb"`
	Machine string         `json:"machineType,omitempty"`
	Base    string         `json:"base,omitempty"`
	Target  string         `json:"target,omitempty"`
	Plan    string         `json:"plan,omitempty"`
	Drift   string         `json:"drift,omitempty"`
	Started string         `json:"started"`
	Took    int64          `json:"ms"`
	Outcome report.Outcome `json:"outcome"`
	Reason  string         `json:"reason,omitempty"`
	Steps   int            `json:"steps"`
	Omitted int            `json:"omitted,omitempty"`

	report *report.Report
	long   bool
}

func newHead(commit chunkstore.ID, r *report.Report) head {
	return head{
		Commit: commit.String(), Host: r.Host, Verb: r.Verb, Machine: r.Type, Base: hex(r.Base), Target: hex(r.Target),
		Plan: r.Plan, Drift: hex(r.Drift), Started: r.Started.UTC().Format(time.RFC3339), Took: r.Took.Milliseconds(),
		Outcome: r.Outcome, Reason: r.Reason, Steps: len(r.Steps), Omitted: r.Omitted, report: r,
	}
}

// whole is the head of a report that is shown with its steps.
func (h head) whole() head {
	h.long = true
	return h
}

// Type implements ui.Record.
func (head) Type() string { return "report" }

// Text implements ui.Record.
func (h head) Text(u *ui.UI) string {
	line := fmt.Sprintf("%s  %s  %s %.12s: %s", quote(h.Host), h.report.Started.Local().Format(time.DateTime),
		quote(h.Verb), h.Target, outcome(u, h.Outcome))
	if h.Reason != "" {
		line += " (" + quote(h.Reason) + ")"
	}
	if !h.long {
		return line
	}
	lines := []string{u.Paint(ui.Bold, line)}
	add := func(what, value string) {
		if value != "" {
			lines = append(lines, fmt.Sprintf("    %-8s %s", what, value))
		}
	}
	add("report", h.Commit)
	add("before", h.Base)
	add("plan", quote(h.Plan))
	add("drift", h.Drift)
	add("took", h.report.Took.Round(time.Millisecond).String())
	if h.Omitted > 0 {
		add("omitted", fmt.Sprintf("%d steps that did not fail", h.Omitted))
	}
	return strings.Join(lines, "\n")
}

// quote keeps what another machine wrote from being taken for something else.
func quote(s string) string { return ui.Path(s).String() }

func outcome(u *ui.UI, o report.Outcome) string {
	text := quote(string(o))
	if o == report.Failed || o == report.Partly {
		return u.Paint(ui.Red, text)
	}
	return text
}

// A step is what became of a step of the plan.
type step struct {
	Kind    plan.Kind      `json:"step"`
	Path    ui.Path        `json:"path"`
	Aspects []string       `json:"aspects,omitempty"`
	Drift   bool           `json:"drift,omitempty"`
	Outcome report.Outcome `json:"outcome"`
	Took    int64          `json:"ms,omitempty"`
	Reason  string         `json:"reason,omitempty"`
}

func newStep(s *report.Step) step {
	return step{s.Kind, ui.Path(s.Path), s.Aspects, s.Drift, s.Outcome, s.Took.Milliseconds(), s.Reason}
}

// Type implements ui.Record.
func (step) Type() string { return "step" }

// Text implements ui.Record.
func (s step) Text(u *ui.UI) string {
	var words []string
	if len(s.Aspects) > 0 {
		words = append(words, quote(strings.Join(s.Aspects, ",")))
	}
	if s.Drift && s.Kind != plan.Save {
		words = append(words, "drifted")
	}
	if s.Outcome == report.Failed || s.Outcome == report.Skipped {
		words = append(words, outcome(u, s.Outcome))
	}
	if s.Reason != "" {
		words = append(words, quote(s.Reason))
	}
	line := fmt.Sprintf("    %-8s %s", quote(string(s.Kind)), s.Path)
	if len(words) > 0 {
		line += " (" + strings.Join(words, "; ") + ")"
	}
	return line
}

// hex is "" for no commit.
func hex(id chunkstore.ID) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}
