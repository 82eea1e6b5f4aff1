// SPDX-License-Identifier: Apache-2.0

// Package gc is the verb that frees what chunks take up without need.
package gc

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/manifests"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

//go:embed help.txt
var help string

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:     "gc [-n]",
		Short:   "clear abandoned packs and repack those that are mostly dead",
		Long:    help,
		GroupID: porcelain.GroupLarge,
		RunE:    func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), g, dryRun) },
	}
	cmd.Flags().BoolVarP(&dryRun, "dry-run", "n", false, "only show what would be done")
	return cmd
}

func run(ctx context.Context, g *porcelain.Globals, dryRun bool) error {
	w, err := g.Open()
	if err != nil {
		return err
	}
	defer w.Close()
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
	g.UI.Info(record{result, dryRun})
	return nil
}

type record struct {
	gitstore.GCResult
	DryRun bool `json:"dryRun"`
}

// Type implements ui.Record.
func (record) Type() string { return "gc" }

// Text implements ui.Record.
func (r record) Text(*ui.UI) string {
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
