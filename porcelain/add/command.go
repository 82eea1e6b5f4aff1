// SPDX-License-Identifier: Apache-2.0

// Package add is the verb that stages files, large ones as manifests.
package add

import (
	"context"
	_ "embed"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

//go:embed help.txt
var help string

// largeFile is devops.largeFile where it is not set: 1 MiB.
const largeFile = 1 << 20

// tidyFrom is the number of small chunk packs from which they are put
// together.
const tidyFrom = 48

type options struct {
	dryRun, force bool
	spill         []string // places, "" for all; none: nothing leaves
}

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:     "add [-n] [-f] [--spill[=<place>]]... [--] <pathspec>...",
		Short:   "stage files, large ones as chunks and a manifest",
		Long:    help,
		GroupID: porcelain.GroupLarge,
		Args:    porcelain.SomeArgs("nothing specified, nothing added"),
		RunE:    func(cmd *cobra.Command, args []string) error { return run(cmd.Context(), g, o, args) },
	}
	cmd.Flags().BoolVarP(&o.dryRun, "dry-run", "n", false, "only show what would be staged")
	cmd.Flags().BoolVarP(&o.force, "force", "f", false, "stage ignored files, too")
	cmd.Flags().StringArrayVar(&o.spill, "spill", nil, "let chunks leave, to this store or peer (`<place>`) or to all")
	cmd.Flags().Lookup("spill").NoOptDefVal = allPlaces
	cmd.MarkFlagsMutuallyExclusive("spill", "dry-run")
	return cmd
}

func run(ctx context.Context, g *porcelain.Globals, o options, pathspecs []string) error {
	w, err := g.OpenTree()
	if err != nil {
		return err
	}
	defer w.Close()
	if err := porcelain.CheckReady(w); err != nil {
		return err
	}
	threshold, err := w.Repo.ConfigInt("devops.largeFile", largeFile)
	if err != nil {
		return err
	}
	if w.Host {
		return capturing(ctx, g, w, o, pathspecs, threshold)
	}
	var spill *worktree.Spill
	if len(o.spill) > 0 {
		var done func()
		if spill, done, err = spilling(ctx, g, w, o.spill); err != nil {
			return err
		}
		defer done()
	}
	progress := g.UI.Progress("Adding", ui.Bytes, 0)
	err = w.Add(ctx, worktree.AddOptions{
		Pathspecs: pathspecs, LargeFile: threshold, DryRun: o.dryRun, Force: o.force, Spill: spill,
		Begin: progress.Total, Progress: progress.Add,
		Report: func(a worktree.Added) { report(g.UI, o, a) },
	})
	progress.End(err)
	if err != nil || o.dryRun {
		return err
	}
	return tidy(ctx, g, w)
}

// tidy puts small packs together.
func tidy(ctx context.Context, g *porcelain.Globals, w *worktree.Worktree) error {
	if err := w.Store.MergeSmall(ctx, tidyFrom); err != nil && ctx.Err() == nil {
		g.UI.Warnf("small packs are not put together: %v", err)
	}
	return ctx.Err()
}

// report tells of one path. JSON has all; text has large files with -v and
// everything with -n.
func report(u *ui.UI, o options, a worktree.Added) {
	r := record{Path: ui.Path(a.Path), Size: a.Size, Large: a.Large, Removed: a.Removed, Stored: a.Stored, dryRun: o.dryRun}
	if o.dryRun || u.JSON() {
		u.Print(r)
	} else {
		u.Detail(r)
	}
}

type record struct {
	Path    ui.Path `json:"path"`
	Size    int64   `json:"size"`
	Large   bool    `json:"large"`
	Removed bool    `json:"removed"`
	Stored  int64   `json:"stored"`
	dryRun  bool
}

// Type implements ui.Record.
func (record) Type() string { return "add" }

// Text implements ui.Record, in the words of git add.
func (r record) Text(*ui.UI) string {
	word := "add"
	if r.Removed {
		word = "remove"
	}
	s := word + " '" + r.Path.String() + "'"
	switch {
	case r.Large && r.dryRun:
		s += " (large, " + ui.Size(r.Size) + ")"
	case r.Large:
		s += " (large, " + ui.Size(r.Size) + ", " + ui.Size(r.Stored) + " stored)"
	}
	return s
}
