// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"context"

	"github.com/git-devops/git-devops/plumbing/apply"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/bring"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// fix brings the root back to what was applied.
func fix(ctx context.Context, g *porcelain.Globals, o options) error {
	s, err := bring.Open(g, "", o.dryRun)
	if err != nil {
		return err
	}
	defer s.Close()
	commit, err := s.Host.LastApplied()
	if err != nil {
		return err
	}
	progress := g.UI.Progress("Verifying", ui.Bytes, 0)
	s.Engine.Full, s.Engine.Progress = true, progress.Add
	r, err := s.Engine.Prepare(ctx, apply.Request{Verb: "verify", Target: commit})
	progress.End(err)
	if err != nil {
		return err
	}
	s.Engine.Progress = nil
	return s.Do(ctx, r, bring.Options{
		DryRun: o.dryRun, NoActions: o.noActions, ExitCode: o.dryRun, Whole: true,
	})
}
