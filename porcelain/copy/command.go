// SPDX-License-Identifier: Apache-2.0

// Package copy is the verb that copies chunks to stores and from them.
package copy

import (
	"context"
	_ "embed"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/carry"
)

//go:embed help.txt
var help string

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	var o carry.Options
	cmd := &cobra.Command{
		Use:     "copy [-n] (--to=<store> | --from=<store>) [<tree-ish>] [--] [<pathspec>...]\ncopy [-n] (--to=<store> | --from=<store>) --all-versions",
		Short:   "copy the content of large files to a store or from one",
		Long:    help,
		GroupID: porcelain.GroupBetween,
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.Validate(cmd, args); err != nil {
				return err
			}
			return run(cmd.Context(), g, &o)
		},
	}
	o.AddFlags(cmd, "copy")
	return cmd
}

func run(ctx context.Context, g *porcelain.Globals, o *carry.Options) error {
	w, err := g.Open()
	if err != nil {
		return err
	}
	defer w.Close()
	choice, err := o.Choose(ctx, w)
	if err != nil {
		return err
	}
	s, err := g.Stores(w).Open(ctx, o.Store())
	if err != nil {
		return err
	}
	defer s.Close()
	copied, err := o.Copy(ctx, g, w, s, choice)
	if err != nil {
		return err
	}
	return choice.Absent(g, o, copied)
}
