// SPDX-License-Identifier: Apache-2.0

// Package rm is the verb that ends the management of files of a root.
package rm

import (
	"context"
	_ "embed"
	"errors"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/plumbing/host"
	"github.com/git-devops/git-devops/plumbing/rootfs"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

//go:embed help.txt
var help string

type options struct{ dryRun, recursive, remove bool }

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:     "rm [-n] [-r] [--delete] [--] <path>...",
		Short:   "manage files of the root no longer",
		Long:    help,
		GroupID: porcelain.GroupHosts,
		Args:    porcelain.SomeArgs("no path given"),
		RunE:    func(cmd *cobra.Command, args []string) error { return run(cmd.Context(), g, o, args) },
	}
	cmd.Flags().BoolVarP(&o.dryRun, "dry-run", "n", false, "only show what would be done")
	cmd.Flags().BoolVarP(&o.recursive, "recursive", "r", false, "also what is below a directory")
	cmd.Flags().BoolVar(&o.remove, "delete", false, "let the next apply delete the files")
	return cmd
}

func run(ctx context.Context, g *porcelain.Globals, o options, args []string) error {
	w, h, err := g.OpenHost()
	if err != nil {
		return err
	}
	defer w.Close()
	root, err := rootfs.Open(h.Root, rootfs.Options{})
	if err != nil {
		return err
	}
	defer root.Close()
	paths, err := g.RootPaths(h, root, args)
	if err != nil {
		return err
	}
	unlock, err := h.Lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := check(h, o.remove); err != nil {
		return err
	}
	removed, err := remove(ctx, h, o, paths)
	if err != nil {
		return err
	}
	for _, path := range removed {
		g.UI.Print(record{Path: ui.Path(path), Delete: o.remove})
	}
	return nil
}

// remove takes the paths from the index. What is to be deleted is noted before:
// as long as it is in the index that means nothing.
func remove(ctx context.Context, h *host.Host, o options, paths []string) ([]string, error) {
	what := host.RemoveOptions{Paths: paths, Recursive: o.recursive, Forget: !o.remove, DryRun: true}
	removed, err := h.Remove(ctx, what)
	if err != nil {
		if e, ok := errors.AsType[*host.RemoveError](err); ok && e.Dir {
			return nil, needsRecursive{e}
		}
		return nil, err
	}
	if o.dryRun {
		return removed, nil
	}
	if o.remove {
		if err := h.AddDeletions(removed); err != nil {
			return nil, err
		}
	}
	what.DryRun = false
	return h.Remove(ctx, what)
}

type needsRecursive struct{ *host.RemoveError }

// Hint names the option.
func (needsRecursive) Hint() string { return "-r takes what is below a directory" }

// check refuses --delete where the next apply would delete nothing: it deletes
// what was applied and is no longer on the branch.
func check(h *host.Host, remove bool) error {
	if !remove {
		return nil
	}
	_, ok, err := h.Applied()
	if err == nil && !ok {
		err = refusal{"nothing was applied here yet, so that an apply deletes nothing", "delete the files, and 'git devops add' their directory"}
	}
	return err
}

// A refusal is an error that knows the way out.
type refusal struct{ why, hint string }

func (r refusal) Error() string { return r.why }

// Hint says what to do.
func (r refusal) Hint() string { return r.hint }

type record struct {
	Path   ui.Path `json:"path"`
	Delete bool    `json:"delete"`
}

// Type implements ui.Record.
func (record) Type() string { return "rm" }

// Text implements ui.Record.
func (r record) Text(*ui.UI) string {
	if r.Delete {
		return "delete " + r.Path.String()
	}
	return "forget " + r.Path.String()
}
