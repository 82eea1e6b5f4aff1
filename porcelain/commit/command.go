// SPDX-License-Identifier: Apache-2.0

// Package commit is the verb that commits what was captured from a root.
package commit

import (
	"context"
	_ "embed"
	"errors"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/host"
	"github.com/git-devops/git-devops/plumbing/mtree"
	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/plumbing/roottree"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
)

//go:embed help.txt
var help string

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	return porcelain.GitVerb("commit [<args of git commit>...]", "commit what was captured from the root", help,
		func(ctx context.Context, args []string) error { return run(ctx, g, args) })
}

func run(ctx context.Context, g *porcelain.Globals, args []string) error {
	w, h, err := g.OpenHost()
	if errors.Is(err, host.ErrNotHost) || errors.Is(err, repo.ErrNotRepository) {
		return g.RunGit(ctx, args)
	}
	if err != nil {
		return err
	}
	defer w.Close()
	before, _, err := w.Repo.Ref("HEAD")
	if err != nil {
		return err
	}
	if err := check(w); err != nil {
		return err
	}
	if err := g.RunGit(ctx, args); err != nil {
		return err
	}
	return follow(g, w, h, before)
}

// check refuses what no host could apply, before it is a commit.
func check(w *worktree.Worktree) error {
	if same, err := w.Repo.NothingStaged(); err != nil || same {
		return err
	}
	index, err := w.Repo.ReadIndex()
	if err != nil {
		return err
	}
	err = roottree.CheckIndex(w.Repo, index)
	if _, bad := errors.AsType[*roottree.BadTreeError](err); bad {
		return unfit{err}
	}
	if _, bad := errors.AsType[*mtree.FormatError](err); bad {
		return unfit{err}
	}
	return err
}

// An unfit index has what no root can have.
type unfit struct{ error }

// Hint says what to do.
func (unfit) Hint() string {
	return "no host could apply this commit: mend what is staged, or 'git devops add' it anew from the root"
}

// follow notes the new commit as applied. What was captured is committed, so
// it is no failure of the command when another process is at the root.
func follow(g *porcelain.Globals, w *worktree.Worktree, h *host.Host, before chunkstore.ID) error {
	unlock, err := h.Lock()
	if errors.Is(err, host.ErrBusy) {
		g.UI.Warnf("%v: the commit counts as applied after the next apply", err)
		return nil
	}
	if err != nil {
		return err
	}
	defer unlock()
	after, ok, err := w.Repo.Ref("HEAD")
	if err != nil || !ok {
		return err
	}
	return h.Committed(before, after)
}
