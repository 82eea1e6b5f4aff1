// SPDX-License-Identifier: Apache-2.0

package bring

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/git-devops/git-devops/plumbing/plan"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// stepRecord is a step of a plan, or what became of it.
type stepRecord struct {
	step *plan.Step
	err  string
}

// Type implements ui.Record.
func (stepRecord) Type() string { return "step" }

// Text implements ui.Record.
func (r stepRecord) Text(u *ui.UI) string {
	line := fmt.Sprintf("%-8s %s", r.step.Kind, ui.Path(r.step.Path))
	if detail := r.step.Detail(); detail != "" {
		line += " (" + detail + ")"
	}
	return line
}

// MarshalJSON gives the step as its plan has it, with the error.
func (r stepRecord) MarshalJSON() ([]byte, error) {
	data := r.step.AppendJSON(nil)
	if r.err == "" {
		return data, nil
	}
	text, err := json.Marshal(r.err)
	return append(append(data[:len(data)-1], append([]byte(`,"error":`), text...)...), '}'), err
}

// planRecord is what a dry run ends with.
type planRecord struct {
	Base   string `json:"base,omitempty"`
	Target string `json:"target"`
	Plan   string `json:"plan"`
	Steps  int    `json:"steps"`
}

// Type implements ui.Record.
func (planRecord) Type() string { return "plan" }

// Text implements ui.Record.
func (r planRecord) Text(*ui.UI) string {
	return fmt.Sprintf("plan %s: %d steps to %.12s", r.Plan, r.Steps, r.Target)
}

// summary is what a run ends with.
type summary struct {
	Target    string `json:"target"`
	Plan      string `json:"plan"`
	Changed   int    `json:"changed"`
	Failed    int    `json:"failed"`
	Kept      int    `json:"kept"`
	Conflicts int    `json:"conflicts"`
	Drift     string `json:"drift,omitempty"`
	Report    string `json:"report,omitempty"`

	what string
}

// Type implements ui.Record.
func (summary) Type() string { return "apply" }

// Text implements ui.Record.
func (s summary) Text(*ui.UI) string {
	words := []string{fmt.Sprintf("%d changed", s.Changed)}
	for _, w := range []struct {
		n    int
		word string
	}{{s.Failed, "failed"}, {s.Kept, "kept"}, {s.Conflicts, "in conflict"}} {
		if w.n > 0 {
			words = append(words, fmt.Sprintf("%d %s", w.n, w.word))
		}
	}
	text := s.what
	if text == "" {
		text = fmt.Sprintf("%.12s applied", s.Target)
	}
	if s.Failed > 0 {
		text += " in part"
	}
	text += ": " + strings.Join(words, ", ")
	if s.Drift != "" {
		text += fmt.Sprintf("; drift saved as %.12s", s.Drift)
	}
	return text
}

// otherPlan says that the plan asked for is not the one that there is.
type otherPlan struct{ digest string }

func (e *otherPlan) Error() string { return "the plan is now " + e.digest }

// Hint says what to do.
func (*otherPlan) Hint() string { return "'git devops apply -n' shows it" }

// conflictError says that paths were left as they are.
type conflictError struct{ paths int }

func (e *conflictError) Error() string {
	return fmt.Sprintf("%d paths could not be merged, and stay as they are", e.paths)
}

// Hint says what to do.
func (*conflictError) Hint() string { return "'git devops resolve <path>' settles each" }
