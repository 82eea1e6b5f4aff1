// SPDX-License-Identifier: Apache-2.0

package bring

import (
	"context"
	"fmt"
	"time"

	"github.com/git-devops/git-devops/plumbing/host"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// A Choice says which commit an apply is to bring the root to.
type Choice struct {
	Rev    string // "" for the newest
	Resume bool   // the host is not held back any more
	Part   bool   // only some paths, so that nothing counts as applied
}

// A Chosen is the commit that an apply brings the root to.
type Chosen struct {
	host.Target
	// Held says that it is the one that the host is held back at, for want of
	// another.
	Held bool
	// Begin is for Options.
	Begin func() error
}

// Target finds the commit. On a host that is held back the newest is the one it
// is held back at; one that is named is applied, and then it is held back
// there. The person is told.
func (s *Session) Target(ctx context.Context, c Choice) (chosen Chosen, err error) {
	hold, err := s.Host.Hold()
	if err != nil {
		return chosen, err
	}
	if hold != nil && !c.Resume && c.Rev == "" {
		s.g.UI.Warnf("this host is %s", HeldBack(hold))
		s.g.UI.Hintf("'git devops apply --resume' lets it go forward again")
		return Chosen{Target: host.Target{Commit: hold.At, Name: hold.At.String()}, Held: true}, nil
	}
	if chosen.Target, err = s.Host.Target(ctx, c.Rev); err != nil || hold == nil || s.Engine.Detached {
		return chosen, err
	}
	switch {
	case c.Resume:
		chosen.Begin = s.Host.Release
	case !c.Part && hold.At != chosen.Commit:
		moved := *hold
		moved.At = chosen.Commit
		chosen.Begin = func() error { return s.Host.SetHold(moved) }
		s.g.UI.Warnf("this host stays held back, at %.12s from now on%s", moved.At, why(hold))
		s.g.UI.Hintf("'git devops apply --resume' lets it go forward again")
	}
	return chosen, nil
}

// HeldBack says in words where, since when and why a host is held back.
func HeldBack(hold *host.Hold) string {
	return fmt.Sprintf("held back at %.12s since %s%s", hold.At, hold.Since.Local().Format(time.DateTime), why(hold))
}

func why(hold *host.Hold) string {
	if hold.Reason == "" {
		return ""
	}
	return ": " + ui.Path(hold.Reason).String()
}
