// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"context"
	"fmt"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/plan"
	"github.com/git-devops/git-devops/plumbing/worktree"
)

// Need returns the chunks that the steps of the run's plan need and that lie
// neither in the repository nor in a large file on the root. The error is a
// *NoRoomError when a file can not fit.
func (r *Run) Need(ctx context.Context) (*worktree.Need, error) {
	need := worktree.NewNeed()
	for step := range r.Plan.Steps() {
		if !writes(step) || !step.To.Large {
			continue
		}
		m, err := r.e.manifest(step.To.Content)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", step.Path, err)
		}
		if err := r.checkRoom(step, m); err != nil {
			return nil, err
		}
		need.Files++
		if err := r.e.Work.AddPieces(ctx, need, r.absent(m)); err != nil {
			return nil, err
		}
	}
	return need, nil
}

// absent lists the chunks that no seed has.
func (r *Run) absent(m *chunkstore.Manifest) []chunkstore.Piece {
	var absent []chunkstore.Piece
	for _, p := range m.Pieces {
		if _, ok := r.seeds.chunks[p.ID]; !ok && !p.Hole {
			absent = append(absent, p)
		}
	}
	return absent
}

// writes says whether a step writes a file with content of its own.
func writes(step *plan.Step) bool { return step.Kind == plan.Write && step.To.Type == "file" }
