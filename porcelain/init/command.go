// SPDX-License-Identifier: Apache-2.0

// Package initverb is the verb that makes a repository ready for large files.
// Go does not let a package be called init.
package initverb

import (
	"context"
	_ "embed"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/manifests"
	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

//go:embed help.txt
var help string

type options struct {
	uninstall, dryRun bool

	host           bool
	hostType, root string // "" when not given
}

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:     "init [-n] [--uninstall] [<dir>]\ninit --host [-n] [--type=<type>] [--root=<dir>] [<url>]",
		Short:   "make a repository ready for large files, or for a host",
		Long:    help,
		GroupID: porcelain.GroupStart,
		Args:    porcelain.AtMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.validate(); err != nil {
				return err
			}
			if o.host {
				return runHost(cmd.Context(), g, o, strings.Join(args, ""))
			}
			if len(args) > 0 {
				g.Dir = g.Path(args[0])
			}
			return run(cmd.Context(), g, o, len(args) > 0)
		},
	}
	cmd.Flags().BoolVarP(&o.dryRun, "dry-run", "n", false, "only show what would be set")
	cmd.Flags().BoolVar(&o.uninstall, "uninstall", false, "take back what init has set")
	cmd.Flags().BoolVar(&o.host, "host", false, "make the repository of this host")
	cmd.Flags().StringVar(&o.hostType, "type", "", "the machine type, a branch, that the host follows (`<type>`)")
	cmd.Flags().StringVar(&o.root, "root", "", "what the host manages (`<dir>`)")
	return cmd
}

func (o options) validate() error {
	switch {
	case o.host && o.uninstall:
		return porcelain.Usagef("--host and --uninstall exclude each other")
	case !o.host && (o.hostType != "" || o.root != ""):
		return porcelain.Usagef("--type and --root need --host")
	}
	return nil
}

func run(ctx context.Context, g *porcelain.Globals, o options, named bool) error {
	w, err := open(ctx, g, o, named)
	if err != nil || w == nil {
		return err
	}
	defer w.Close()
	if tree := w.Repo.WorkTree(); tree != "" && !o.dryRun {
		if err := git.ClearCreate(tree); err != nil {
			return err
		}
	}
	if o.uninstall {
		return errors.Join(uninstall(ctx, g, w.Repo, o.dryRun), removeHook(g, w.Repo, o.dryRun))
	}
	if err := install(ctx, g, w.Repo, o.dryRun); err != nil {
		return err
	}
	if err := installHook(g, w.Repo, o.dryRun); err != nil || o.dryRun {
		return err
	}
	adopted, err := w.Store.Adopt(ctx, func(ctx context.Context, fn func(chunkstore.ID) error) error {
		return manifests.Chunks(ctx, w.Repo, w.Git, fn)
	})
	if adopted > 0 {
		g.UI.Info(adoption{adopted})
	}
	return err
}

// open opens the repository, after making one where there is none. It returns
// nil when a dry run stops here.
func open(ctx context.Context, g *porcelain.Globals, o options, named bool) (*worktree.Worktree, error) {
	w, err := g.Open()
	here := err == nil && (!named || w.Repo.WorkTree() == g.Dir || w.Repo.GitDir() == g.Dir)
	if here || err != nil && !errors.Is(err, repo.ErrNotRepository) || o.uninstall {
		return w, err
	}
	if w != nil {
		w.Close()
	}
	g.UI.Info(created{Path: ui.Path(g.Dir), dryRun: o.dryRun})
	if o.dryRun {
		return nil, nil
	}
	if err := create(ctx, g); err != nil {
		return nil, err
	}
	return g.Open()
}

func create(ctx context.Context, g *porcelain.Globals) error {
	outside := g.Git()
	outside.Dir = ""
	_, err := os.Lstat(filepath.Join(g.Dir, ".git"))
	if err == nil || g.Env.Getenv("GIT_DIR") != "" {
		return outside.Init(ctx, g.Dir)
	}
	return outside.Create(ctx, g.Dir)
}

type created struct {
	Path   ui.Path `json:"path"`
	dryRun bool
}

// Type implements ui.Record.
func (created) Type() string { return "created" }

// Text implements ui.Record.
func (c created) Text(*ui.UI) string {
	if c.dryRun {
		return "would create a repository in " + c.Path.String()
	}
	return "created a repository in " + c.Path.String()
}
