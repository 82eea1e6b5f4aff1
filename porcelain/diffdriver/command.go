// SPDX-License-Identifier: Apache-2.0

// Package diffdriver is the verb that git runs as diff.devops.command.
package diffdriver

import (
	"context"
	_ "embed"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/largefile"
	"github.com/git-devops/git-devops/porcelain"
)

//go:embed help.txt
var help string

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	return &cobra.Command{
		Use:   "diff-driver <path> <old-file> <old-hex> <old-mode> <new-file> <new-hex> <new-mode>",
		Short: "show which ranges of a large file changed",
		Long:  help,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 7 {
				return errors.New("git passes seven arguments; see gitattributes(5)")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return run(cmd.Context(), g, args) },
	}
}

func run(ctx context.Context, g *porcelain.Globals, args []string) error {
	w, err := g.Open()
	if err != nil {
		return err
	}
	defer w.Close()
	before, err := describe(ctx, g.Path(args[1]), w.Params, nil)
	if err != nil {
		return err
	}
	after, err := describe(ctx, g.Path(args[4]), w.Params, before)
	if err != nil {
		return err
	}
	g.ShowRanges(args[0], before, after)
	return nil
}

// describe reads a manifest, or makes that of a file's content. It is nil when
// there is no file.
func describe(ctx context.Context, path string, params chunkstore.Params, previous *chunkstore.Manifest) (*chunkstore.Manifest, error) {
	if path == os.DevNull {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return largefile.Describe(ctx, f, params, previous)
}
