// SPDX-License-Identifier: Apache-2.0

// Package untrack is the verb that takes back what track has said.
package untrack

import (
	"context"
	_ "embed"
	"errors"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

//go:embed help.txt
var help string

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:     "untrack [-n] <pattern>...",
		Short:   "take back what track has said",
		Long:    help,
		GroupID: porcelain.GroupLarge,
		Args:    porcelain.SomeArgs("no pattern given"),
		RunE:    func(cmd *cobra.Command, args []string) error { return run(cmd.Context(), g, dryRun, args) },
	}
	cmd.Flags().BoolVarP(&dryRun, "dry-run", "n", false, "only show what would be removed")
	return cmd
}

func run(ctx context.Context, g *porcelain.Globals, dryRun bool, patterns []string) error {
	w, err := g.OpenFiles()
	if err != nil {
		return err
	}
	defer w.Close()
	removed, err := w.Untrack(ctx, g.Dir, patterns, dryRun)
	if err != nil {
		return err
	}
	for _, p := range removed {
		g.UI.Info(record{Pattern: ui.Path(p)})
	}
	if len(removed) == 0 {
		return porcelain.Exit(porcelain.Differs, errors.New("none of these patterns is tracked here"))
	}
	return nil
}

type record struct {
	Pattern ui.Path `json:"pattern"`
}

// Type implements ui.Record.
func (record) Type() string { return "untrack" }

// Text implements ui.Record.
func (r record) Text(*ui.UI) string {
	return "no longer tracking '" + r.Pattern.String() + "'"
}
