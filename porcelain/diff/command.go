// SPDX-License-Identifier: Apache-2.0

// Package diff is the verb that shows what on the root differs from what was
// applied.
package diff

import (
	"context"
	_ "embed"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/host"
	"github.com/git-devops/git-devops/plumbing/hostroot"
	"github.com/git-devops/git-devops/plumbing/live"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/roottree"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

//go:embed help.txt
var help string

type options struct{ staged, exitCode bool }

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:     "diff [--exit-code] [--staged] [--] [<path>...]",
		Short:   "show what on the root differs from what was applied",
		Long:    help,
		GroupID: porcelain.GroupHosts,
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.staged {
				return g.RunGit(cmd.Context(), o.gitArgs(args))
			}
			return run(cmd.Context(), g, o, args)
		},
	}
	cmd.Flags().BoolVar(&o.staged, "staged", false, "show what the next commit changes, as git does")
	cmd.Flags().BoolVar(&o.exitCode, "exit-code", false, "exit with 1 when there are differences")
	return cmd
}

func (o options) gitArgs(paths []string) []string {
	args := []string{"diff", "--cached"}
	if o.exitCode {
		args = append(args, "--exit-code")
	}
	return slices.Concat(args, []string{"--"}, paths)
}

func run(ctx context.Context, g *porcelain.Globals, o options, args []string) error {
	h, done, err := g.OpenRoot()
	if err != nil {
		return err
	}
	defer done()
	paths, err := g.RootPaths(h.Host, h.Root, args)
	if err != nil {
		return err
	}
	found, err := compare(ctx, h, paths)
	if err != nil {
		return err
	}
	s := shower{g: g, h: h}
	for _, d := range found {
		if err := s.show(ctx, d); err != nil {
			return err
		}
	}
	if o.exitCode && len(found) > 0 {
		return porcelain.Exit(porcelain.Differs, nil)
	}
	return nil
}

// A difference is a path at which the root is not as it should be. live is nil
// where nothing is there.
type difference struct {
	path       string
	want, live *node.Node
	aspects    node.Aspect
}

// compare finds what differs at the paths or below them; without any,
// everything.
func compare(ctx context.Context, h *hostroot.Opened, paths []string) ([]difference, error) {
	commit, err := base(h)
	if err != nil {
		return nil, err
	}
	tree, err := h.Loader().Load(commit.String())
	if err == nil {
		err = managed(tree, paths)
	}
	if err != nil {
		return nil, err
	}
	var found []difference
	err = h.Scanner().Scan(ctx, tree.ID(), func() (live.Tree, error) { return tree, nil },
		func(path string, want, live *node.Node, aspects node.Aspect) error {
			if within(path, paths) {
				found = append(found, difference{path, want, live, aspects})
			}
			return nil
		})
	return found, err
}

// base is the commit that was last applied, or else HEAD, which is what will be
// applied first.
func base(h *hostroot.Opened) (chunkstore.ID, error) {
	commit, ok, err := h.Host.Applied()
	if err == nil && !ok {
		commit, ok, err = h.Work.Repo.Ref("HEAD")
	}
	if err == nil && !ok {
		err = fmt.Errorf("%w on %s", host.ErrNoCommit, h.Host.Type)
	}
	return commit, err
}

// managed returns an error for a path that the tree has nothing at or below.
func managed(tree *roottree.Tree, paths []string) error {
	for _, path := range paths {
		if path == node.RootPath {
			continue
		}
		if tree.Get(path) == nil {
			return fmt.Errorf("'%s' %w", ui.Path(path), worktree.ErrNoMatch)
		}
	}
	return nil
}

func within(path string, dirs []string) bool {
	return len(dirs) == 0 || slices.ContainsFunc(dirs, func(dir string) bool {
		return node.Within(path, dir)
	})
}
