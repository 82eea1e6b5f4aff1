// SPDX-License-Identifier: Apache-2.0

// Package status is the verb that shows the large files of the work tree, and on
// a host how the root differs from what was applied.
package status

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

//go:embed help.txt
var help string

type options struct {
	zero, porcelain, exitCode bool
}

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:     "status [-z] [--porcelain] [--exit-code]",
		Short:   "show large files, or on a host what differs from what was applied",
		Long:    help,
		GroupID: porcelain.GroupLarge,
		RunE:    func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), g, o) },
	}
	cmd.Flags().BoolVarP(&o.zero, "null", "z", false, "end each line with NUL, and quote no path (hosts)")
	cmd.Flags().BoolVar(&o.porcelain, "porcelain", false, "print lines for scripts alone (hosts)")
	cmd.Flags().BoolVar(&o.exitCode, "exit-code", false, "exit with 1 when there are differences (hosts)")
	return cmd
}

func run(ctx context.Context, g *porcelain.Globals, o options) error {
	w, err := g.OpenTree()
	if err != nil {
		return err
	}
	defer w.Close()
	if w.Host {
		return runHost(ctx, g, w, o)
	}
	if o != (options{}) {
		return porcelain.Usagef("-z, --porcelain and --exit-code are for the repository of a host")
	}
	unreadable := 0
	sum, err := w.Status(ctx, func(f worktree.LargeFile) error {
		g.UI.Print(newFile(f))
		if f.Err != nil {
			g.UI.Errorf("%s: %v", ui.Path(f.Path), f.Err)
			unreadable++
		}
		return nil
	})
	if err != nil {
		return err
	}
	g.UI.Info(summary(sum))
	return porcelain.Unreadable(unreadable)
}

type file struct {
	Path       ui.Path        `json:"path"`
	Size       int64          `json:"size"`
	State      worktree.State `json:"state"`
	Held       worktree.Held  `json:"held"`
	Chunks     int            `json:"chunks"`
	HeldChunks int            `json:"heldChunks"`
	HeldBytes  int64          `json:"heldBytes"`
	Error      string         `json:"error,omitempty"`
}

func newFile(f worktree.LargeFile) file {
	r := file{Path: ui.Path(f.Path), State: f.State, Held: f.Held,
		Chunks: f.Chunks, HeldChunks: f.HeldChunks, HeldBytes: f.HeldBytes}
	if f.Manifest != nil {
		r.Size = f.Manifest.Size
	}
	if f.Err != nil {
		r.Error = f.Err.Error()
	}
	return r
}

// Type implements ui.Record.
func (file) Type() string { return "file" }

// Text implements ui.Record.
func (f file) Text(u *ui.UI) string {
	state, held := fmt.Sprintf("%-12s", f.State), fmt.Sprintf("%-6s", f.Held)
	if f.State != worktree.Materialised && f.State != worktree.AsManifest && f.State != worktree.Skipped {
		state = u.Paint(ui.Red, state)
	}
	if f.Held != worktree.HeldFully {
		held = u.Paint(ui.Yellow, held)
	}
	return fmt.Sprintf("%s  %s  %9s  %s", state, held, ui.Size(f.Size), f.Path)
}

type summary worktree.Summary

// Type implements ui.Record.
func (summary) Type() string { return "summary" }

// Text implements ui.Record.
func (s summary) Text(*ui.UI) string {
	text := fmt.Sprintf("%d large files, %s; chunks take %s in %d packs", s.Large, ui.Size(s.Size), ui.Size(s.Disk), s.Packs)
	if s.OtherModified+s.OtherDeleted > 0 {
		text += fmt.Sprintf("\nother files: %d modified, %d deleted (git status names them)", s.OtherModified, s.OtherDeleted)
	}
	return text
}
