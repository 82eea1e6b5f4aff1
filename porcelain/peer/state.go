// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/git-devops/git-devops/porcelain/ui"
)

// A state is what check found out about a peer.
type state struct {
	Name    string `json:"name"`
	URL     string `json:"url"`
	Reached bool   `json:"reached"`         // and let us in
	Agent   string `json:"agent,omitempty"` // absent: stock git
	Locks   bool   `json:"locks"`
	// RoundTrip is in milliseconds, absent for stock git.
	RoundTrip *float64 `json:"roundTrip,omitempty"`
	Lacking   int      `json:"lacking"` // chunks that HEAD needs and this repository lacks
	Has       int      `json:"has"`     // of them
	HasBytes  int64    `json:"hasBytes"`
	Error     string   `json:"error,omitempty"`
	Hint      string   `json:"hint,omitempty"`
}

// fail remembers why the peer cannot be used. Its name is beside it already.
func (s *state) fail(err error) {
	s.Error = err.Error()
	for strings.HasPrefix(s.Error, s.Name+": ") {
		s.Error = s.Error[len(s.Name)+2:]
	}
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		s.Hint = h.Hint()
	}
}

// Type implements ui.Record.
func (state) Type() string { return "peer" }

// Text implements ui.Record.
func (s state) Text(u *ui.UI) string {
	if s.Error != "" {
		return fmt.Sprintf("%-12s %s", s.Name, u.Paint(ui.Red, "cannot be used: "+oneLine(s.Error)))
	}
	text := fmt.Sprintf("%-12s %s", s.Name, oneLine(cmp.Or(s.Agent, "stock git")))
	if s.RoundTrip != nil {
		text += fmt.Sprintf(", %.1f ms", *s.RoundTrip)
	}
	if s.Agent != "" && !s.Locks {
		text += ", read-only"
	}
	if s.Lacking > 0 {
		text += fmt.Sprintf(", has %d of the %d chunks that are missing here (%s)", s.Has, s.Lacking, ui.Size(s.HasBytes))
	}
	return text
}

// oneLine keeps what another machine said from looking like more than one
// answer.
func oneLine(s string) string { return strings.Join(strings.FieldsFunc(s, isBreak), ": ") }

func isBreak(r rune) bool { return r == '\n' || r == '\r' }
