// SPDX-License-Identifier: Apache-2.0

// Package fsck is the verb that verifies chunks and manifests.
package fsck

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
	var o options
	cmd := &cobra.Command{
		Use:     "fsck [--quick | --repair]",
		Short:   "verify chunks and manifests",
		Long:    help,
		GroupID: porcelain.GroupLarge,
		RunE:    func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), g, o) },
	}
	cmd.Flags().BoolVar(&o.quick, "quick", false, "only see whether everything is there")
	cmd.Flags().BoolVar(&o.repair, "repair", false, "get what is damaged or absent from elsewhere")
	cmd.MarkFlagsMutuallyExclusive("quick", "repair")
	return cmd
}

type options struct{ quick, repair bool }

func run(ctx context.Context, g *porcelain.Globals, o options) error {
	w, err := g.Open()
	if err != nil {
		return err
	}
	defer w.Close()
	c := &checker{w: w, ui: g.UI, quick: o.quick}
	if err := c.check(ctx); err != nil {
		return err
	}
	if o.repair && c.verdict() != nil {
		if err := repair(ctx, g, c); err != nil {
			return err
		}
		c = &checker{w: w, ui: g.UI}
		if err := c.check(ctx); err != nil {
			return err
		}
	}
	g.UI.Info(c.summary())
	return c.verdict()
}

// check goes through everything.
func (c *checker) check(ctx context.Context) error {
	for _, step := range []func(context.Context) error{c.chunks, c.manifests, c.uses} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

type summary struct {
	Manifests int   `json:"manifests"`
	Bytes     int64 `json:"bytes"`
	Damaged   int   `json:"damaged"`
	Absent    int   `json:"absent"`
	Files     int   `json:"files"` // manifests that cannot be materialised
}

// Type implements ui.Record.
func (summary) Type() string { return "summary" }
