// SPDX-License-Identifier: Apache-2.0

// Package verify is the verb that reads a host's root in full and compares it
// with what was applied.
package verify

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

//go:embed help.txt
var help string

type options struct{ fix, dryRun, noActions bool }

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:     "verify [--fix [-n] [--no-actions]]",
		Short:   "read the root in full: is it what was applied",
		Long:    help,
		GroupID: porcelain.GroupHosts,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case o.fix:
				return fix(cmd.Context(), g, o)
			case o.dryRun, o.noActions:
				return porcelain.Usagef("-n and --no-actions go with --fix")
			}
			return run(cmd.Context(), g)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.fix, "fix", false, "bring what differs back to what was applied")
	f.BoolVarP(&o.dryRun, "dry-run", "n", false, "with --fix: only show the plan")
	f.BoolVar(&o.noActions, "no-actions", false, "with --fix: leave the actions pending")
	return cmd
}

func run(ctx context.Context, g *porcelain.Globals) error {
	h, done, err := g.OpenRoot()
	if err != nil {
		return err
	}
	defer done()
	commit, err := h.Host.LastApplied()
	if err != nil {
		return err
	}
	tree, err := h.Loader().Load(commit.String())
	if err != nil {
		return err
	}
	progress := g.UI.Progress("Verifying", ui.Bytes, 0)
	s := h.Scanner()
	s.Cache, s.Progress = "", progress.Add
	differ := 0
	err = s.Compare(ctx, tree.Nodes(), func(path string, want, live *node.Node, a node.Aspect) error {
		differ++
		g.UI.Print(record{Path: ui.Path(path), Status: string(porcelain.Letter(want, live, a)), Aspects: a.Names()})
		return nil
	})
	progress.End(err)
	if err == nil && differ > 0 {
		err = porcelain.Exit(porcelain.Differs, fmt.Errorf("%d paths are not what was applied", differ))
	}
	return err
}

// A record is one path that differs.
type record struct {
	Path    ui.Path  `json:"path"`
	Status  string   `json:"status"`
	Aspects []string `json:"aspects"`
}

// Type implements ui.Record.
func (record) Type() string { return "path" }

// Text implements ui.Record.
func (r record) Text(*ui.UI) string {
	s := r.Status + " " + r.Path.String()
	if r.Status == string(porcelain.Deleted) {
		return s
	}
	return s + " (" + strings.Join(r.Aspects, ", ") + ")"
}
