// SPDX-License-Identifier: Apache-2.0

package bring

import (
	"context"
	"time"

	"github.com/git-devops/git-devops/plumbing/host"
)

// Target returns the commit that rev names, "" for the newest, or for the one
// that the host is held back at: then held is true, and the person is told.
// With resume the host is not held back any more.
func (s *Session) Target(ctx context.Context, rev string, resume bool) (target host.Target, held bool, err error) {
	hold, err := s.Host.Hold()
	if err != nil {
		return target, false, err
	}
	if hold != nil && resume && !s.readOnly {
		err = s.Host.Release()
	}
	if err == nil && (hold == nil || resume || rev != "") {
		target, err = s.Host.Target(ctx, rev)
		return target, false, err
	}
	if err != nil {
		return target, false, err
	}
	s.g.UI.Warnf("this host is held back at %.12s since %s%s", hold.At, hold.Since.Local().Format(time.DateTime), why(hold))
	s.g.UI.Hintf("'git devops apply --resume' lets it go forward again")
	return host.Target{Commit: hold.At, Name: hold.At.String()}, true, nil
}

func why(hold *host.Hold) string {
	if hold.Reason == "" {
		return ""
	}
	return ": " + hold.Reason
}
