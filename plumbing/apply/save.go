// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"context"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/drift"
	"github.com/git-devops/git-devops/plumbing/plan"
	"github.com/git-devops/git-devops/plumbing/report"
)

// save commits the live versions that the plan will replace or remove, and
// returns the commit, zero when there are none.
func (r *Run) save(ctx context.Context) (chunkstore.ID, error) {
	var entries []drift.Entry
	for step := range r.Plan.Steps() {
		if step.Kind == plan.Save {
			entries = append(entries, drift.Entry{Path: step.Path, Live: step.From, Aspects: step.Aspects})
		}
	}
	if len(entries) == 0 {
		return chunkstore.ID{}, nil
	}
	saver := &drift.Saver{Repo: r.e.Work.Repo, Store: r.e.Work.Store, Params: r.e.Work.Params, Root: r.e.Root}
	return saver.Save(ctx, drift.Run{
		Name: r.id, Host: report.Name(Hostname()), Applied: r.applied, Target: r.request.Target, Time: r.begun,
	}, entries)
}
