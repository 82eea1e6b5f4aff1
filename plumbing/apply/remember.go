// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"context"
	"slices"

	"github.com/git-devops/git-devops/plumbing/live"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/plan"
	"github.com/git-devops/git-devops/plumbing/rootfs"
)

// A placed is the file that a step has put in place.
type placed struct {
	step *plan.Step
	id   live.Identity
}

// wrote notes that what a step writes is in place: no other step is about that
// path.
func (r *Run) wrote(step *plan.Step, now *rootfs.Info) {
	delete(r.seen, step.Path)
	if r.remembers() && step.Kind == plan.Write && step.To.Type == node.File {
		r.placed = append(r.placed, placed{step, live.IdentityOf(now)})
	}
}

// remembers says whether the run tells the stat cache what it has written.
func (r *Run) remembers() bool { return !r.e.Detached && !r.e.Full }

// remember brings the stat cache up to date with what was written, which need
// not be read again. Without it the next look takes longer, so its errors do
// not matter.
func (r *Run) remember(ctx context.Context) {
	if len(r.done) == 0 || !r.remembers() {
		return
	}
	s := r.e.scanner()
	s.Written = r.writtenAt
	r.e.scan(ctx, s, r.look.target, func(string, *node.Node, *node.Node, node.Aspect) error { return nil })
}

func (r *Run) writtenAt(path string) (live.Written, bool) {
	i, ok := slices.BinarySearchFunc(r.placed, path, func(p placed, path string) int {
		return node.ComparePaths(p.step.Path, path)
	})
	if !ok {
		return live.Written{}, false
	}
	p := r.placed[i]
	return live.Written{ID: p.id, Content: p.step.To.Content, Large: p.step.To.Large}, true
}
