// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"strconv"
	"strings"

	"github.com/git-devops/git-devops/plumbing/node"
)

// String gives the step in a line: kind, path and Detail. The path is quoted
// where it could be misread.
func (s *Step) String() string {
	path := s.Path
	if quoted := strconv.Quote(path); quoted[1:len(quoted)-1] != path {
		path = quoted
	}
	line := string(s.Kind) + " " + path
	if detail := s.Detail(); detail != "" {
		line += " (" + detail + ")"
	}
	return line
}

// Detail says in words what the path and kind of the step do not. It may hold
// names, or a command, in which there can be any byte.
func (s *Step) Detail() string {
	var words []string
	if what := s.what(); what != "" {
		words = append(words, what)
	}
	if s.Drift && s.Kind != Save && !s.Kind.Idle() {
		words = append(words, "drifted")
	}
	if s.Reason != "" {
		words = append(words, s.Reason)
	}
	if len(s.Names) > 0 {
		words = append(words, "has "+list(s.Names))
	}
	return strings.Join(words, "; ")
}

func (s *Step) what() string {
	switch {
	case s.Kind == Run:
		return s.Command
	case s.Kind == Remove || s.Kind == Rmdir || s.Kind == Leave || s.Kind == Forget || s.Kind == Exec:
		return ""
	case s.Kind == Conflict && s.Aspects&node.AspectType != 0:
		return "" // the reason says it
	case s.From == nil && s.To != nil && !s.Kind.Idle():
		return "new"
	case s.From == nil:
		return "" // as in a conflict
	case s.From != nil && s.To != nil && s.From.Type != s.To.Type && !s.Kind.Idle():
		return string(s.From.Type) + " to " + string(s.To.Type)
	}
	return s.Aspects.String()
}

// list names a few.
func list(names []string) string {
	const few = 3
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:few], ", ") + " and " + strconv.Itoa(len(names)-few) + " more"
}

// Idle says that a step of this kind does nothing: it says why nothing is done.
func (k Kind) Idle() bool {
	switch k {
	case Refuse, Conflict, Stay, Leave, Forget:
		return true
	}
	return false
}
