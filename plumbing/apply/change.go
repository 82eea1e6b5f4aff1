// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"context"
	"errors"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/plan"
	"github.com/git-devops/git-devops/plumbing/rootfs"
)

// change does the steps of files.
func (r *Run) change(ctx context.Context, report func(Outcome)) (err error) {
	steps := r.changes()
	if len(steps) == 0 {
		return nil
	}
	if err := r.attempt(); err != nil {
		return err
	}
	if err := r.begin(steps); err != nil {
		return err
	}
	if r.batch, err = r.e.Root.Begin(r.id); err != nil {
		return err
	}
	staged, err := r.stage(ctx, steps)
	if err == nil {
		err = r.perform(ctx, steps, staged, report)
		err = errors.Join(err, r.batch.Finish())
	}
	if err = errors.Join(err, r.batch.Close()); err != nil {
		return err
	}
	return r.end()
}

// changes are the steps that change the root.
func (r *Run) changes() []*plan.Step {
	var steps []*plan.Step
	for step := range r.Plan.Steps() {
		if changes(step) {
			steps = append(steps, step)
		}
	}
	return steps
}

// perform does the steps in order. The end of ctx ends it between two of them.
func (r *Run) perform(ctx context.Context, steps []*plan.Step, s *stager, report func(Outcome)) error {
	for _, step := range steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		o := Outcome{Step: step, Duration: s.made[step]}
		if _, made := s.made[step]; !made {
			begun := time.Now()
			o.Err = r.step(ctx, step, s)
			o.Duration = time.Since(begun)
		}
		if o.Err != nil && !local(o.Err) {
			return o.Err
		}
		r.done = append(r.done, o)
		report(o)
	}
	return nil
}

// step does one step.
func (r *Run) step(ctx context.Context, step *plan.Step, s *stager) (err error) {
	st := r.seen[step.Path]
	var now rootfs.Info
	switch step.Kind {
	case plan.Remove, plan.Rmdir:
		return r.remove(step, st)
	case plan.Write, plan.Link:
		if now, err = r.rename(ctx, step, s); err == nil {
			r.wrote(step, &now)
		}
		return err
	default:
		now, err = r.setUp(ctx, step)
	}
	if err == nil {
		r.seen[step.Path] = &now
	}
	return err
}

func (r *Run) remove(step *plan.Step, st *rootfs.Info) error {
	if st == nil {
		return nil
	}
	var err error
	if step.From.Type == node.Dir {
		err = r.batch.Rmdir(step.Path, *st)
	} else {
		err = r.batch.Remove(step.Path, *st)
	}
	if err == nil {
		r.seen[step.Path] = nil
	}
	return err
}

func (r *Run) rename(ctx context.Context, step *plan.Step, s *stager) (rootfs.Info, error) {
	if slices.Contains(s.late, step) {
		if err := s.again(ctx); err != nil {
			return rootfs.Info{}, err
		}
	}
	if err := s.failed[step]; err != nil {
		return rootfs.Info{}, err
	}
	return r.batch.Rename(step.Path, r.seen[step.Path])
}

// setUp does a Mkdir or a Set.
func (r *Run) setUp(ctx context.Context, step *plan.Step) (rootfs.Info, error) {
	w, err := r.want(ctx, step)
	if err != nil {
		return rootfs.Info{}, err
	}
	st := r.seen[step.Path]
	switch {
	case step.Kind == plan.Mkdir:
		return r.batch.Mkdir(step.Path, w, st)
	case st == nil:
		return rootfs.Info{}, &rootfs.ChangedError{Path: step.Path}
	}
	return r.batch.SetMetadata(step.Path, w, step.Aspects, *st)
}

// local says whether an error is about one path, so that the others can be
// brought to the target all the same.
func local(err error) bool {
	if _, ok := errors.AsType[*rootfs.UnsafeError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*rootfs.ChangedError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*rootfs.UnsupportedError](err); ok {
		return true
	}
	var errno unix.Errno
	return errors.As(err, &errno) && slices.Contains(localErrors, errno)
}

var localErrors = []unix.Errno{
	unix.EPERM, unix.EACCES, unix.ENOENT, unix.ENOTDIR, unix.EISDIR, unix.EEXIST, unix.ENOTEMPTY,
	unix.ELOOP, unix.ENAMETOOLONG, unix.ETXTBSY, unix.EBUSY, unix.EXDEV, unix.EOPNOTSUPP, unix.EMLINK,
	unix.EINVAL,
}
