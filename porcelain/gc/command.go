// SPDX-License-Identifier: Apache-2.0

// Package gc is the verb that frees what chunks take up without need.
package gc

import (
	"context"
	_ "embed"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/porcelain"
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
	return g.Collect(ctx, w, dryRun)
}
