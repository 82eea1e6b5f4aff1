// SPDX-License-Identifier: Apache-2.0

// Package track is the verb that says which paths are large files.
package track

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

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:     "track [-n] [<pattern>...]",
		Short:   "say which paths are large files",
		Long:    help,
		GroupID: porcelain.GroupLarge,
		Args:    cobra.ArbitraryArgs,
		RunE:    func(cmd *cobra.Command, args []string) error { return run(cmd.Context(), g, dryRun, args) },
	}
	cmd.Flags().BoolVarP(&dryRun, "dry-run", "n", false, "only show what would be added")
	return cmd
}

func run(ctx context.Context, g *porcelain.Globals, dryRun bool, patterns []string) error {
	for _, p := range patterns {
		if err := worktree.CheckPattern(p); err != nil {
			return porcelain.Exit(porcelain.Usage, err)
		}
	}
	w, err := g.OpenFiles()
	if err != nil {
		return err
	}
	defer w.Close()
	if len(patterns) == 0 {
		tracked, err := w.Patterns(g.Dir)
		for _, p := range tracked {
			g.UI.Print(record{Pattern: ui.Path(p), listed: true})
		}
		return err
	}
	added, err := w.Track(ctx, g.Dir, patterns, dryRun)
	if err != nil {
		return err
	}
	for _, p := range added {
		g.UI.Info(record{Pattern: ui.Path(p)})
	}
	if len(added) > 0 && !dryRun {
		g.UI.Hintf("commit .gitattributes; 'git devops add' the files that match")
	}
	return nil
}

type record struct {
	Pattern ui.Path `json:"pattern"`
	listed  bool
}

// Type implements ui.Record.
func (record) Type() string { return "track" }

// Text implements ui.Record.
func (r record) Text(*ui.UI) string {
	if r.listed {
		return r.Pattern.String()
	}
	return "tracking '" + r.Pattern.String() + "'"
}
