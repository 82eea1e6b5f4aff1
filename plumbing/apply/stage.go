// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/git-devops/git-devops/plumbing/plan"
	"github.com/git-devops/git-devops/plumbing/rootfs"
)

// A stager makes what is new before anything that is there is changed.
type stager struct {
	r *Run
	// made are the directories that it made, with the time that each took.
	made map[*plan.Step]time.Duration

	mu     sync.Mutex
	failed map[*plan.Step]error
	// late are the steps whose directory cannot be made before something else
	// has gone.
	late []*plan.Step
}

// stage makes the new directories, and in them and in those that there are
// everything new under temporary names, durably. What only its own path stands
// in the way of has failed; any other error leaves the root as it was, but for
// empty directories that the target has.
func (r *Run) stage(ctx context.Context, steps []*plan.Step) (*stager, error) {
	s := &stager{r: r, made: map[*plan.Step]time.Duration{}, failed: map[*plan.Step]error{}}
	var files, links []*plan.Step
	for _, step := range steps {
		switch {
		case step.Kind == plan.Mkdir && step.From == nil:
			if err := s.mkdir(ctx, step); err != nil {
				return s, err
			}
		case step.Kind == plan.Write:
			files = append(files, step)
		case step.Kind == plan.Link:
			links = append(links, step)
		}
	}
	if err := s.all(ctx, files); err != nil {
		return s, err
	}
	// The files that these are names of are staged now.
	if err := s.all(ctx, links); err != nil {
		return s, err
	}
	return s, r.batch.Sync()
}

// mkdir makes a directory where nothing is, unless something must go before its
// parent can be made.
func (s *stager) mkdir(ctx context.Context, step *plan.Step) error {
	if s.r.hidden(step.Path) {
		return nil
	}
	begun := time.Now()
	w, err := s.r.want(ctx, step)
	if err != nil {
		return err
	}
	st, err := s.r.batch.Mkdir(step.Path, w, nil)
	switch {
	case err == nil:
		s.r.seen[step.Path] = &st
		s.made[step] = time.Since(begun)
	case !local(err):
		return err
	}
	return nil // what has failed is tried again in its turn
}

// all stages steps side by side.
func (s *stager) all(ctx context.Context, steps []*plan.Step) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(2 * runtime.GOMAXPROCS(0))
	for _, step := range steps {
		if groupCtx.Err() != nil {
			break
		}
		if s.r.hidden(step.Path) {
			s.setLate(step)
			continue
		}
		group.Go(func() error {
			err := s.one(groupCtx, step)
			if err == nil || !local(err) {
				return err
			}
			if rootfs.Unreachable(err) {
				s.setLate(step)
			} else {
				s.setFailed(step, err)
			}
			return nil
		})
	}
	return errors.Join(group.Wait(), ctx.Err())
}

func (s *stager) setLate(step *plan.Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late = append(s.late, step)
}

func (s *stager) setFailed(step *plan.Step, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed[step] = err
}

func (s *stager) one(ctx context.Context, step *plan.Step) error {
	w, err := s.r.want(ctx, step)
	if err != nil {
		return err
	}
	return s.r.batch.Stage(step.Path, w)
}

// again stages what was late. By now all directories are there.
func (s *stager) again(ctx context.Context) error {
	late := s.late
	s.late = nil
	for _, kind := range []plan.Kind{plan.Write, plan.Link} {
		for _, step := range late {
			if step.Kind != kind {
				continue
			}
			err := s.one(ctx, step)
			if err != nil && !local(err) {
				return err
			}
			s.failed[step] = err
		}
	}
	return s.r.batch.Sync()
}
