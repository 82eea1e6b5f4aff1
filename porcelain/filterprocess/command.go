// SPDX-License-Identifier: Apache-2.0

// Package filterprocess is the verb that git runs as filter.devops.process.
package filterprocess

import (
	"context"
	_ "embed"
	"io"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/plumbing/filter"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

//go:embed help.txt
var help string

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	return &cobra.Command{
		Use:   "filter-process",
		Short: "clean and smudge large files for git",
		Long:  help,
		RunE:  func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), g) },
	}
}

func run(ctx context.Context, g *porcelain.Globals) error {
	w, err := g.Open()
	if err != nil {
		return err
	}
	defer w.Close()
	done, err := g.FetchOnDemand(w)
	if err != nil {
		return err
	}
	defer done()
	f := w.NewFilter(func(path string, err error) {
		g.UI.Warnf("%s: manifest left in place: %v", ui.Path(path), err)
	})
	err = filter.Serve(ctx, g.Env.Stdin, g.Env.Stdout, reporting{f, g.UI}, filter.Options{Delay: true})
	if err := f.Finish(ctx); err != nil && ctx.Err() == nil {
		g.UI.Warnf("small packs are not put together: %v", err)
	}
	return err
}

// reporting says why a file failed: the protocol tells git only that it did.
type reporting struct {
	*worktree.Filter
	ui *ui.UI
}

// Clean implements filter.Handler.
func (r reporting) Clean(ctx context.Context, path string, in io.Reader, out io.Writer) error {
	return r.report(path, r.Filter.Clean(ctx, path, in, out))
}

// Smudge implements filter.Handler.
func (r reporting) Smudge(ctx context.Context, path string, in io.Reader, out io.Writer) error {
	return r.report(path, r.Filter.Smudge(ctx, path, in, out))
}

func (r reporting) report(path string, err error) error {
	if err != nil {
		r.ui.Errorf("%s: %v", ui.Path(path), err)
	}
	return err
}
