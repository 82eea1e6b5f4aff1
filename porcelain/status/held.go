// SPDX-License-Identifier: Apache-2.0

package status

import (
	"time"

	"github.com/git-devops/git-devops/plumbing/host"
	"github.com/git-devops/git-devops/porcelain/bring"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// A held is what holds the host back.
type held struct {
	At     string `json:"at"`
	From   string `json:"from,omitempty"`
	Since  string `json:"since"`
	Reason string `json:"reason,omitempty"`

	hold *host.Hold
}

func newHeld(h *host.Hold) held {
	return held{At: h.At.String(), From: short(h.From), Since: h.Since.Format(time.RFC3339), Reason: h.Reason, hold: h}
}

// Type implements ui.Record.
func (held) Type() string { return "held" }

// Text implements ui.Record.
func (h held) Text(u *ui.UI) string {
	return u.Paint(ui.Red, bring.HeldBack(h.hold)) + "\n  (use \"git devops apply --resume\" to let it go forward again)"
}

// A heading stands above a section of the long form.
type heading string

// Type implements ui.Record.
func (heading) Type() string { return "heading" }

// Text implements ui.Record.
func (h heading) Text(*ui.UI) string { return string(h) }

const (
	stagedHeading = "Changes to be committed:\n  (use \"git devops commit\" to commit them)"
	pathsHeading  = "Paths that differ, on the root from what was applied, and this from what is to come:"
)
