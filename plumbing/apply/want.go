// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"context"
	"io"
	"os"

	"github.com/git-devops/git-devops/plumbing/largefile"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/plan"
	"github.com/git-devops/git-devops/plumbing/rootfs"
)

// want is what a step puts at its path.
func (r *Run) want(ctx context.Context, step *plan.Step) (rootfs.Want, error) {
	w := rootfs.Want{Node: *step.To}
	var err error
	if w.UID, err = r.owners.UID(step.To.Owner); err != nil {
		return w, err
	}
	if w.GID, err = r.owners.GID(step.To.Group); err != nil {
		return w, err
	}
	switch {
	case step.To.Type == node.Symlink:
		target, err := r.e.blob(step.To.Content, node.MaxPath)
		w.Target = string(target)
		return w, err
	case step.To.Large:
		w.Fill = func(f *os.File) error { return r.fillLarge(ctx, step, f) }
	case step.To.Type == node.File:
		w.Fill = func(f *os.File) error { return r.fillSmall(ctx, step, f) }
	}
	return w, nil
}

func (r *Run) fillSmall(ctx context.Context, step *plan.Step, f *os.File) error {
	out := io.MultiWriter(f, told(r.e.progress))
	if data, ok := r.e.merged[step.To.Content]; ok {
		_, err := out.Write(data)
		return err
	}
	return r.e.Work.Repo.CopyBlob(ctx, step.To.Content, out)
}

// told is told how much is written to it.
type told func(n int64)

func (t told) Write(p []byte) (int, error) {
	t(int64(len(p)))
	return len(p), nil
}

func (r *Run) fillLarge(ctx context.Context, step *plan.Step, f *os.File) error {
	m, err := r.e.manifest(step.To.Content)
	if err != nil {
		return err
	}
	o := largefile.MaterialiseOptions{Chunks: r.seeds, Progress: r.e.progress}
	if step.From != nil && step.From.Large {
		if seed, done := r.seedOf(step); seed != nil {
			defer done()
			o.Seed = seed
		}
	}
	return largefile.Materialise(ctx, m, f, o)
}

// seedOf opens what lies at a step's path as a seed, nil when it is none.
func (r *Run) seedOf(step *plan.Step) (seed *largefile.Seed, done func() error) {
	m, err := r.e.manifest(step.From.Content)
	if err != nil {
		return nil, nil
	}
	f, err := r.e.Root.OpenFile(step.Path)
	if err != nil {
		return nil, nil
	}
	return largefile.NewSeed(f, m), f.Close
}
