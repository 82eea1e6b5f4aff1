// SPDX-License-Identifier: Apache-2.0

package add

import (
	"context"

	"github.com/git-devops/git-devops/plumbing/capture"
	"github.com/git-devops/git-devops/plumbing/host"
	"github.com/git-devops/git-devops/plumbing/hostroot"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// capturing adds from the root of a host.
func capturing(ctx context.Context, g *porcelain.Globals, w *worktree.Worktree, o options, args []string, threshold int64) error {
	if len(o.spill) > 0 {
		return porcelain.Usagef("--spill is not for hosts: what a root has must be whole here, too")
	}
	// How files are cut must not hang on whether that could be read.
	if err := w.CheckConfig("HEAD"); err != nil {
		return err
	}
	h, err := hostroot.Open(w, "")
	if err != nil {
		return err
	}
	defer h.Close()
	paths, err := g.RootPaths(h.Host, h.Root, args)
	if err != nil {
		return err
	}
	c := &capture.Capturer{
		Repo: w.Repo, Git: w.Git, Store: w.Store, Params: w.Params,
		Root: h.Root, Names: h.Accounts, Cache: h.Host.StatePath(host.StateCache), Mtimes: w.Mtimes,
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
