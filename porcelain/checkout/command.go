// SPDX-License-Identifier: Apache-2.0

// Package checkout is the verb that writes large files to the work tree.
package checkout

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

//go:embed help.txt
var help string

type options struct {
	dryRun, force bool
	tree          string
	pathspecs     []string
}

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:     "checkout [-n] [-f] [<tree-ish>] [--] [<pathspec>...]",
		Short:   "write large files to the work tree",
		Long:    help,
		GroupID: porcelain.GroupLarge,
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(cmd.Context(), g, o, args, cmd.ArgsLenAtDash())
		},
	}
	cmd.Flags().BoolVarP(&o.dryRun, "dry-run", "n", false, "only show what would be written")
	cmd.Flags().BoolVarP(&o.force, "force", "f", false, "overwrite local changes")
	return cmd
}

func run(ctx context.Context, g *porcelain.Globals, o options, args []string, dash int) error {
	w, err := g.OpenReady()
	if err != nil {
		return err
	}
	defer w.Close()
	if o.tree, o.pathspecs, err = porcelain.TreeAndPaths(w.Repo, args, dash); err != nil {
		return err
	}
	done, err := g.FetchOnDemand(w)
	if err != nil {
		return err
	}
	defer done()
	count := tally{ui: g.UI, dryRun: o.dryRun}
	progress := g.UI.Progress("Checking out", ui.Bytes, 0)
	err = w.Checkout(ctx, worktree.CheckoutOptions{
		Tree: o.tree, Pathspecs: o.pathspecs, Force: o.force, DryRun: o.dryRun,
		Begin: progress.Total, Progress: progress.Add, Report: count.add,
	})
	progress.End(err)
	if err != nil {
		return err
	}
	return count.result()
}

// A tally counts what became of the files.
type tally struct {
	ui     *ui.UI
	dryRun bool

	written  int
	unusable int // chunks or manifest are missing or corrupt
	modified int // local changes were kept
	blocked  int // by what is at the path
}

func (t *tally) add(c worktree.CheckedOut) {
	r := record{Path: ui.Path(c.Path), Size: c.Size, Written: c.Err == nil && !t.dryRun}
	if c.Err == nil {
		t.written++
		if t.dryRun || t.ui.JSON() {
			t.ui.Print(r)
		} else {
			t.ui.Detail(r)
		}
		return
	}
	r.Error = c.Err.Error()
	if t.ui.JSON() {
		t.ui.Print(r)
	} else {
		t.ui.Errorf("%s: %v", r.Path, c.Err)
	}
	switch {
	case errors.Is(c.Err, worktree.ErrModified):
		t.modified++
	case porcelain.CodeOf(c.Err) == porcelain.Missing:
		t.unusable++
	default:
		t.blocked++
	}
}

// result is nil when everything was written.
func (t *tally) result() error {
	failed := t.unusable + t.modified + t.blocked
	if failed == 0 {
		return nil
	}
	err := fmt.Errorf("%d of %d large files not written", failed, failed+t.written)
	switch {
	case t.written > 0:
		return porcelain.Exit(porcelain.Partial, err)
	case t.unusable > 0:
		return porcelain.Exit(porcelain.Missing, err)
	case t.blocked > 0:
		return porcelain.Exit(porcelain.Fatal, err)
	}
	return porcelain.Exit(porcelain.Differs, err)
}

type record struct {
	Path    ui.Path `json:"path"`
	Size    int64   `json:"size"`
	Written bool    `json:"written"`
	Error   string  `json:"error,omitempty"`
}

// Type implements ui.Record.
func (record) Type() string { return "checkout" }

// Text implements ui.Record.
func (r record) Text(*ui.UI) string {
	return fmt.Sprintf("checkout '%s' (%s)", r.Path, ui.Size(r.Size))
}
