// SPDX-License-Identifier: Apache-2.0

package porcelain

import (
	"context"
	"errors"
	"fmt"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/copies"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/known"
	"github.com/git-devops/git-devops/plumbing/manifests"
	"github.com/git-devops/git-devops/plumbing/stockgit"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// Collect frees the disk space of chunks that are not held, and says so. It
// first undoes drops that were interrupted, unless dryRun.
func (g *Globals) Collect(ctx context.Context, w *worktree.Worktree, dryRun bool) error {
	if err := tidy(ctx, w, dryRun); err != nil {
		return err
	}
	progress := g.UI.Progress("Repacking", ui.Bytes, 0)
	result, err := w.Store.GC(ctx, gitstore.GCOptions{
		DryRun:   dryRun,
		Progress: progress.Add,
		Needed: func(ctx context.Context, fn func(chunkstore.ID) error) error {
			return manifests.Chunks(ctx, w.Repo, w.Git, fn)
		},
	})
	progress.End(err)
	if err != nil {
		return err
	}
	g.UI.Info(collected{result, dryRun})
	return nil
}

// tidy undoes and clears away what killed processes have left, other than
// packs.
func tidy(ctx context.Context, w *worktree.Worktree, dryRun bool) error {
	if dryRun {
		return nil
	}
	c, err := copies.Open(w.Repo.CommonDir(), w.Store)
	if err != nil {
		return err
	}
	return errors.Join(c.Recover(ctx), known.Open(w.Repo.CommonDir()).Sweep(), stockgit.Sweep(w.Repo))
}

// NumCopies returns how many other copies there must be of what is dropped.
func NumCopies(w *worktree.Worktree) (int, error) {
	n, err := w.Repo.ConfigInt("devops.numcopies", 1)
	if err == nil && (n < 1 || n > 1000) {
		err = fmt.Errorf("devops.numCopies is %d: expected 1 or more", n)
	}
	return int(n), err
}

type collected struct {
	gitstore.GCResult
	DryRun bool `json:"dryRun"`
}

// Type implements ui.Record.
func (collected) Type() string { return "gc" }

// Text implements ui.Record.
func (r collected) Text(*ui.UI) string {
	verb := "removed"
	if r.DryRun {
		verb = "would remove"
	}
	s := fmt.Sprintf("%s %d of %d chunk packs, %d of them written anew; %s freed",
		verb, r.Removed, r.Packs, r.Repacked, ui.Size(r.Freed))
	if r.Adopted > 0 {
		s += fmt.Sprintf("\n%d chunks that were here are held now", r.Adopted)
	}
	return s
}
