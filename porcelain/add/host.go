// SPDX-License-Identifier: Apache-2.0

package add

import (
	"context"
	"fmt"

	"github.com/git-devops/git-devops/plumbing/capture"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// capturing adds from the root of a host.
func capturing(ctx context.Context, g *porcelain.Globals, w *worktree.Worktree, o options, args []string, threshold int64) error {
	if len(o.spill) > 0 {
		return porcelain.Usagef("--spill is not for hosts: what a root has must be whole here, too")
	}
	h, err := porcelain.NewHostRoot(w)
	if err != nil {
		return err
	}
	defer h.Root.Close()
	paths, err := rootPaths(g, h, args)
	if err != nil {
		return err
	}
	c := &capture.Capturer{
		Repo: h.Repo, Git: h.Git, Store: h.Store, Params: h.Params,
		Root: h.Root, Names: h.Accounts, Cache: h.StatCache(), Mtimes: h.Mtimes,
	}
	progress := g.UI.Progress("Adding", ui.Bytes, 0)
	err = c.Capture(ctx, capture.Options{
		Paths: paths, LargeFile: threshold, DryRun: o.dryRun,
		Begin: progress.Total, Progress: progress.Add,
		Report:  func(c capture.Captured) { report(g.UI, o, worktree.Added(c)) },
		Skipped: func(path string, why error) { g.UI.Warnf("'%s' %v", ui.Path(path), why) },
	})
	progress.End(err)
	if err != nil || o.dryRun {
		return err
	}
	return tidy(ctx, g, w)
}

// rootPaths returns the arguments relative to the root.
func rootPaths(g *porcelain.Globals, h *porcelain.HostRoot, args []string) ([]string, error) {
	paths := make([]string, len(args))
	for i, arg := range args {
		path, err := h.RootPath(g, arg)
		if err != nil {
			return nil, fmt.Errorf("add: %w", err)
		}
		paths[i] = path
	}
	return paths, nil
}
