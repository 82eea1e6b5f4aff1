// SPDX-License-Identifier: Apache-2.0

// Package export is the verb that writes a tree, with its large files and
// metadata, into a directory or as a tar archive.
package export

import (
	"context"
	_ "embed"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/plumbing/accounts"
	"github.com/git-devops/git-devops/plumbing/export"
	"github.com/git-devops/git-devops/plumbing/host"
	"github.com/git-devops/git-devops/plumbing/hostroot"
	"github.com/git-devops/git-devops/plumbing/spool"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

//go:embed help.txt
var help string

type options struct {
	dryRun bool
	tar    string // a path, "-" for standard output

	rev, dir string
}

const stdout = "-"

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:     "export [-n] [<tree-ish>] <dir>\nexport [-n] --tar[=<file>] [<tree-ish>]",
		Short:   "write a tree with its large files and metadata elsewhere",
		Long:    help,
		GroupID: porcelain.GroupLarge,
		Args:    porcelain.AtMost(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.validate(g, args); err != nil {
				return err
			}
			return run(cmd.Context(), g, o)
		},
	}
	f := cmd.Flags()
	f.BoolVarP(&o.dryRun, "dry-run", "n", false, "only list what would be written")
	f.StringVar(&o.tar, "tar", "", "write a tar archive, to `<file>` or standard output")
	f.Lookup("tar").NoOptDefVal = stdout
	return cmd
}

// validate tells the arguments apart.
func (o *options) validate(g *porcelain.Globals, args []string) error {
	o.rev = "HEAD"
	if o.tar == "" {
		if len(args) == 0 {
			return porcelain.Usagef("no directory given")
		}
		o.dir, args = g.Path(args[len(args)-1]), args[:len(args)-1]
	}
	switch {
	case len(args) > 1:
		return porcelain.Usagef("unexpected argument '%s'", args[1])
	case len(args) == 1:
		o.rev = args[0]
	}
	switch {
	case o.tar != stdout || o.dryRun:
		return nil
	case g.JSON:
		return porcelain.Usagef("--json makes no sense here: the output is the archive")
	case g.UI.Terminal():
		return porcelain.Usagef("an archive is not written to a terminal: use --tar=<file>")
	}
	return nil
}

func run(ctx context.Context, g *porcelain.Globals, o options) error {
	w, err := g.Open()
	if err != nil {
		return err
	}
	defer w.Close()
	others, err := hostAccounts(w)
	if err != nil {
		return err
	}
	e, err := export.New(ctx, w, o.rev, others)
	if err != nil {
		return err
	}
	if o.dryRun {
		return list(ctx, g, e)
	}
	if err := g.FetchLacking(ctx, w, e.Need); err != nil {
		return err
	}
	return write(ctx, g, e, o)
}

// hostAccounts returns the accounts of the host that w is the repository of,
// nil when it is of none.
func hostAccounts(w *worktree.Worktree) (*accounts.Accounts, error) {
	h, err := hostroot.Open(w, "")
	if errors.Is(err, host.ErrNotHost) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return h.Accounts, h.Close()
}

func write(ctx context.Context, g *porcelain.Globals, e *export.Export, o options) error {
	progress := g.UI.Progress("Exporting", ui.Bytes, 0)
	var bytes atomic.Int64
	e.Progress = func(n int64) {
		bytes.Add(n)
		progress.Add(n)
	}
	err := writeTo(ctx, g, e, o)
	progress.End(err)
	if err == nil && o.tar != stdout {
		g.UI.Info(summary{Tree: e.Tree().String(), Paths: count(e), Bytes: bytes.Load()})
	}
	return err
}

func writeTo(ctx context.Context, g *porcelain.Globals, e *export.Export, o options) error {
	switch o.tar {
	case "":
		return e.Dir(ctx, o.dir)
	case stdout:
		return e.Tar(ctx, g.Env.Stdout)
	}
	return writeFile(g.Path(o.tar), func(f *os.File) error { return e.Tar(ctx, f) })
}

// writeFile puts a file at path once it is whole and durable. What is there and
// no file, such as a pipe, is written to.
func writeFile(path string, fill func(*os.File) error) error {
	if fi, err := os.Stat(path); err == nil && !fi.Mode().IsRegular() {
		return writeInto(path, fill)
	}
	dir := filepath.Dir(path)
	_ = spool.Sweep(dir) // others may have theirs there
	f, err := spool.Create(dir, 0o666)
	if err != nil {
		return err
	}
	defer spool.Drop(f)
	if err := fill(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return spool.SyncDir(dir)
}

func writeInto(path string, fill func(*os.File) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(fill(f), f.Close())
}

func count(e *export.Export) (paths int) {
	for range e.Nodes() {
		paths++
	}
	return paths
}
