// SPDX-License-Identifier: Apache-2.0

// Package ls is the verb that lists the large files of a tree.
package ls

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

//go:embed help.txt
var help string

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	return &cobra.Command{
		Use:     "ls [<tree-ish>] [--] [<pathspec>...]",
		Short:   "list the large files of a tree and what sharing saves",
		Long:    help,
		GroupID: porcelain.GroupLarge,
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(cmd.Context(), g, args, cmd.ArgsLenAtDash())
		},
	}
}

func run(ctx context.Context, g *porcelain.Globals, args []string, dash int) error {
	w, err := g.Open()
	if err != nil {
		return err
	}
	defer w.Close()
	tree, args, err := porcelain.TreeAndPaths(w.Repo, args, dash)
	if err != nil {
		return err
	}
	sum := summary{seen: map[chunkstore.ID]bool{}}
	err = w.List(ctx, tree, args, func(f worktree.LargeFile) error {
		if f.Err != nil {
			g.UI.Errorf("%s: %v", ui.Path(f.Path), f.Err)
			sum.Unreadable++
			return nil
		}
		g.UI.Print(sum.add(f))
		return nil
	})
	if err != nil {
		return err
	}
	g.UI.Info(&sum)
	return porcelain.Unreadable(sum.Unreadable)
}

type file struct {
	Path   ui.Path       `json:"path"`
	Size   int64         `json:"size"`
	SHA256 string        `json:"sha256"`
	Chunks int           `json:"chunks"`
	Shared int64         `json:"shared"`
	Held   worktree.Held `json:"held"`
}

// Type implements ui.Record.
func (file) Type() string { return "file" }

// Text implements ui.Record.
func (f file) Text(*ui.UI) string {
	return fmt.Sprintf("%9s  %6d  %9s  %s", ui.Size(f.Size), f.Chunks, ui.Size(f.Shared), f.Path)
}

// A summary adds files up.
type summary struct {
	Files  int   `json:"files"`
	Size   int64 `json:"size"`
	Chunks int   `json:"chunks"` // distinct ones
	Shared int64 `json:"shared"` // bytes that need no storage of their own
	Holes  int64 `json:"holes"`

	Unreadable int `json:"unreadable"` // manifests that could not be read

	seen map[chunkstore.ID]bool
}

// add counts the chunks that an earlier file, or an earlier part of this one,
// has already as shared.
func (s *summary) add(f worktree.LargeFile) file {
	r := file{Path: ui.Path(f.Path), Size: f.Manifest.Size, SHA256: fmt.Sprintf("%x", f.Manifest.SHA256), Chunks: f.Chunks, Held: f.Held}
	for _, p := range f.Manifest.Pieces {
		switch {
		case p.Hole:
			s.Holes += p.Length
		case s.seen[p.ID]:
			r.Shared += p.Length
		default:
			s.seen[p.ID] = true
		}
	}
	s.Files++
	s.Size += r.Size
	s.Shared += r.Shared
	s.Chunks = len(s.seen)
	return r
}

// Type implements ui.Record.
func (*summary) Type() string { return "summary" }

// Text implements ui.Record.
func (s *summary) Text(*ui.UI) string {
	return fmt.Sprintf("%d large files, %s in %d chunks; sharing saves %s, holes %s",
		s.Files, ui.Size(s.Size), s.Chunks, ui.Size(s.Shared), ui.Size(s.Holes))
}
