// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/accounts"
	"github.com/git-devops/git-devops/plumbing/actions"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/plan"
	"github.com/git-devops/git-devops/plumbing/rootfs"
)

// ErrRefused says that a plan has paths that must not have drifted.
var ErrRefused = errors.New("a path that must not has drifted")

// A Request says what a root is to be brought to.
type Request struct {
	Verb   string        // what the report calls the run
	Target chunkstore.ID // a commit
	// Paths limit what is done to what lies at or below them. Then the target
	// does not count as applied.
	Paths []string
}

// A Run is one plan and what is needed to do it.
type Run struct {
	Plan *plan.Plan

	e       *Engine
	request Request
	// versions says that the plan is of PrepareVersions.
	versions bool
	applied  chunkstore.ID // when the plan was made
	look     *look
	seeds    *seeds
	owners   accounts.Chain
	// since is a time before the root was looked at.
	since   time.Time
	begun   time.Time
	id      string
	batch   *rootfs.Batch
	actions []actions.Action
	pending []actions.Pending
	// covers are the paths at which there is no directory when the run begins.
	covers map[string]bool
	// seen is what lies at the paths of the plan with steps left to do.
	seen map[string]*rootfs.Info
	done []Outcome
	// placed are the files that were put in place, in the order of paths.
	placed []placed
}

// An Outcome is what became of a step.
type Outcome struct {
	Step     *plan.Step
	Err      error
	Duration time.Duration
}

// Prepare looks at the root and makes the plan. It changes nothing but the
// stat cache.
func (e *Engine) Prepare(ctx context.Context, request Request) (*Run, error) {
	r := e.newRun(request)
	var err error
	if !e.Detached {
		if r.applied, _, err = e.Host.Applied(); err != nil {
			return nil, err
		}
	}
	if r.look, err = e.look(ctx, r.applied, request.Target); err != nil {
		return nil, err
	}
	if len(request.Paths) > 0 {
		if err := r.look.only(request.Paths); err != nil {
			return nil, err
		}
	}
	if err := r.look.complete(ctx); err != nil {
		return nil, err
	}
	return r, r.plan(ctx)
}

func (e *Engine) newRun(request Request) *Run {
	return &Run{e: e, request: request, since: coarseNow(), seen: map[string]*rootfs.Info{}}
}

// plan makes the plan of what was looked at.
func (r *Run) plan(ctx context.Context) (err error) {
	if err := r.e.Work.CheckConfig(r.request.Target.String()); err != nil {
		return err
	}
	if !r.e.Detached {
		if r.actions, r.pending, err = r.e.readActions(ctx, r.look.target); err != nil {
			return fmt.Errorf("commit %.12s: %w", r.request.Target, err)
		}
	}
	if r.Plan, err = plan.Make(r.input()); err != nil {
		return err
	}
	if r.owners, err = r.findOwners(); err != nil {
		return err
	}
	if err := r.checkOwn(); err != nil {
		return err
	}
	if err := r.checkLinks(); err != nil {
		return err
	}
	if err := r.checkTwins(); err != nil {
		return err
	}
	if r.writesLarge() {
		if r.seeds, err = r.look.seeds(); err != nil {
			return err
		}
	}
	r.covers = r.look.covers()
	r.look.paths = nil // of a whole root they are many megabytes
	return nil
}

// covers lists the paths at which there is no directory, nor a link that will
// do for one.
func (l *look) covers() map[string]bool {
	covers := map[string]bool{}
	for path, p := range l.paths {
		if p.Live != nil && p.Live.Type != node.Dir && !p.Linked {
			covers[path] = true
		}
	}
	return covers
}

// hidden says that a path lies below what is no directory yet: what may be found
// there lies behind a link, at another path.
func (r *Run) hidden(path string) bool {
	for dir := node.Parent(path); dir != node.RootPath; dir = node.Parent(dir) {
		if r.covers[dir] {
			return true
		}
	}
	return false
}

// writesLarge says whether the plan needs chunks.
func (r *Run) writesLarge() bool {
	for step := range r.Plan.Steps() {
		if writes(step) && step.To.Large {
			return true
		}
	}
	return false
}

func (r *Run) input() plan.Input {
	in := plan.Input{Base: r.applied, Target: r.request.Target, Type: r.e.Host.Type, Actions: r.planned()}
	in.Paths = make([]plan.Path, 0, len(r.look.paths))
	for _, path := range slices.SortedFunc(maps.Keys(r.look.paths), node.ComparePaths) {
		in.Paths = append(in.Paths, *r.look.paths[path])
	}
	return in
}

// DoOptions say how a run is done.
type DoOptions struct {
	// Report is told of each step that is done or has failed.
	Report func(Outcome)
	// Output gets what actions write.
	Output io.Writer
	// NoActions leaves actions pending.
	NoActions bool
	// FastForward moves the host's branch to the target.
	FastForward bool
}

// Do does what the plan says. The caller holds the host's lock, has called
// Recover, and has fetched what Need names.
//
// When it returns an error and the Result has no Outcomes, the root is as it
// was. What has failed at one path alone is an Outcome. The errors are ErrRefused,
// *rootfs.ChangedError when the root is not as the plan saw it, and those of
// the file system and of chunks.
func (r *Run) Do(ctx context.Context, o DoOptions) (*Result, error) {
	r.begun, r.id = time.Now(), newRun()
	result := &Result{}
	if r.refused() {
		return result, ErrRefused
	}
	if err := r.expectAll(ctx); err != nil {
		return result, err
	}
	if err := r.checkWritable(); err != nil {
		return result, err
	}
	var err error
	if result.Drift, err = r.save(ctx); err != nil {
		return result, err
	}
	if err := r.expectActions(); err != nil {
		return result, err
	}
	err = r.change(ctx, o.Report)
	if err == nil {
		err = r.settle(ctx, o)
	}
	return result, errors.Join(err, r.conclude(ctx, result, err))
}

func (r *Run) refused() bool {
	for step := range r.Plan.Steps() {
		if step.Kind == plan.Refuse {
			return true
		}
	}
	return false
}

// expectAll notes what lies at each path that a step changes. It is before the
// first change, so that one that comes from elsewhere is noticed.
func (r *Run) expectAll(ctx context.Context) error {
	if coarseNow().Before(r.since) {
		r.since = time.Time{} // the clock was set back: all is compared again
	}
	for step := range r.Plan.Steps() {
		if !changes(step) {
			continue
		}
		if _, ok := r.seen[step.Path]; ok {
			continue
		}
		st, err := r.expect(ctx, step.Path, step.From)
		if err != nil {
			return err
		}
		r.seen[step.Path] = st
	}
	return nil
}

// changes says whether a step changes the root.
func changes(step *plan.Step) bool {
	switch step.Kind {
	case plan.Mkdir, plan.Write, plan.Link, plan.Set, plan.Remove, plan.Rmdir:
		return true
	}
	return false
}
