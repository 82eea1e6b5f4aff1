// SPDX-License-Identifier: Apache-2.0

// Package textconv is the verb that git runs as diff.devops.textconv.
package textconv

import (
	"context"
	_ "embed"
	"fmt"
	"io"
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
		Use:   "textconv <file>",
		Short: "print a manifest for git diff and git log",
		Long:  help,
		Args:  porcelain.OneArg("no file given"),
		RunE:  func(cmd *cobra.Command, args []string) error { return run(cmd.Context(), g, g.Path(args[0])) },
	}
}

func run(ctx context.Context, g *porcelain.Globals, path string) error {
	w, err := g.Open()
	if err != nil {
		return err
	}
	defer w.Close()
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	m, err := largefile.Describe(ctx, f, w.Params, nil)
	if err != nil {
		return err
	}
	return print(g.UI.Out(), m)
}

// print leaves offsets out: bytes inserted would change each line behind them.
func print(w io.Writer, m *chunkstore.Manifest) error {
	_, err := fmt.Fprintf(w, "large file\nsize %d (%s)\nsha256 %x\n", m.Size, ui.Size(m.Size), m.SHA256)
	for _, p := range m.Pieces {
		switch {
		case err != nil:
			return err
		case p.Hole:
			_, err = fmt.Fprintf(w, "hole of %d bytes\n", p.Length)
		default:
			_, err = fmt.Fprintf(w, "chunk %.12s of %d bytes\n", p.ID, p.Length)
		}
	}
	return err
}
