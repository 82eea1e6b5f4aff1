// SPDX-License-Identifier: Apache-2.0

// Package diffdriver is the verb that git runs as diff.devops.command.
package diffdriver

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/largefile"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
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
	after, err := describe(ctx, g.Path(args[4]), w.Params, before.manifest)
	if err != nil {
		return err
	}
	show(g.UI, args[0], before, after)
	return nil
}

// A side is one version of the file. No manifest: it does not exist.
type side struct{ manifest *chunkstore.Manifest }

// describe reads a manifest, or makes that of a file's content.
func describe(ctx context.Context, path string, params chunkstore.Params, previous *chunkstore.Manifest) (side, error) {
	if path == os.DevNull {
		return side{}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return side{}, err
	}
	defer f.Close()
	m, err := largefile.Describe(ctx, f, params, previous)
	return side{m}, err
}

func show(u *ui.UI, path string, before, after side) {
	name := ui.Path(path).String()
	u.Printf("%s", u.Paint(ui.Bold, "diff --git-devops a/"+name+" b/"+name))
	u.Printf("%s", u.Paint(ui.Bold, "--- "+before.describe("a/"+name)))
	u.Printf("%s", u.Paint(ui.Bold, "+++ "+after.describe("b/"+name)))
	for _, c := range largefile.Changes(before.manifest, after.manifest) {
		u.Printf("%s", u.Paint(ui.Cyan, fmt.Sprintf("@@ -%d,%d +%d,%d @@", c.OldOffset, c.OldLength, c.NewOffset, c.NewLength))+" "+words(c))
	}
}

func (s side) describe(name string) string {
	if s.manifest == nil {
		return "/dev/null"
	}
	return fmt.Sprintf("%s\t%d bytes, sha256 %x", name, s.manifest.Size, s.manifest.SHA256)
}

func words(c largefile.Change) string {
	switch {
	case c.OldLength == 0:
		return ui.Size(c.NewLength) + " added"
	case c.NewLength == 0:
		return ui.Size(c.OldLength) + " removed"
	case c.OldLength == c.NewLength:
		return ui.Size(c.NewLength) + " changed"
	}
	return ui.Size(c.OldLength) + " became " + ui.Size(c.NewLength)
}
