// SPDX-License-Identifier: Apache-2.0

// Package worktree brings large files from a work tree into the index as
// manifests, and back. Which paths are large files is git's to say: those
// whose filter attribute is "devops".
//
// Invariants: a file in the work tree is replaced in one step, by verified
// content; nothing is staged of a call that fails; small files get the blobs
// that git itself would give them.
package worktree

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/host"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// FilterName is the value of the filter attribute of large files.
const FilterName = "devops"

// ErrBare says that a repository has no work tree.
var ErrBare = errors.New("this operation must be run in a work tree")

// A Worktree is a repository with its chunk store and its work tree.
type Worktree struct {
	Repo   *repo.Repo
	Git    git.Runner // runs in the directory that pathspecs are relative to
	Store  *gitstore.Store
	Params chunkstore.Params
	// Fetch, unless nil, brings chunks that are absent here from elsewhere
	// when a file is to be written. What it cannot bring stays absent; its error
	// ends the command.
	Fetch func(ctx context.Context, absent []chunkstore.Piece) error

	// Mtimes says that the repository records the modification times of a
	// host's files.
	Mtimes bool
	// Host says that the work tree is the root of a host. Then its control
	// files are only in commits, a large file is what has a manifest, whatever
	// attributes say, and nothing here writes to it.
	Host bool

	dir     string // of Git, absolute
	noModes bool   // core.fileMode is off: executable is what the index says
}

// Open opens the repository that o leads to. Without a work tree it can be
// used for what needs none: see NeedTree.
func Open(o repo.Options, g git.Runner) (*Worktree, error) {
	r, err := repo.Open(o)
	if err != nil {
		return nil, err
	}
	w := &Worktree{Repo: r, Git: g, dir: g.Dir}
	w.Git.Env = environment(o, r, g.Env)
	modes, err := r.ConfigBool("core.filemode", true)
	w.noModes = !modes
	if err == nil {
		w.Host, err = host.Is(r)
	}
	if err == nil {
		err = w.readConfig()
	}
	if err == nil {
		w.Store, err = gitstore.Open(r)
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	return w, nil
}

// environment leads git to the same repository in whatever directory it runs:
// relative paths in env would not.
func environment(o repo.Options, r *repo.Repo, env []string) []string {
	var add []string
	if o.GitDir != "" || o.WorkTree != "" {
		add = append(add, "GIT_DIR="+r.GitDir())
		if r.WorkTree() != "" {
			add = append(add, "GIT_WORK_TREE="+r.WorkTree())
		}
	}
	if o.IndexFile != "" {
		add = append(add, "GIT_INDEX_FILE="+r.IndexFile())
	}
	if env == nil && add != nil {
		env = os.Environ()
	}
	return append(env[:len(env):len(env)], add...)
}

// Close frees what Open has taken.
func (w *Worktree) Close() {
	w.Store.Close()
	w.Repo.Close()
}

// NeedTree returns ErrBare when there is no work tree.
func (w *Worktree) NeedTree() error {
	if w.Repo.WorkTree() == "" {
		return ErrBare
	}
	return nil
}

// abs is where a path of the index is. The path has been checked by
// cleanPath.
func (w *Worktree) abs(path string) string { return filepath.Join(w.Repo.WorkTree(), path) }

// root opens the work tree, so that no path leads out of it.
func (w *Worktree) root() (*os.Root, error) {
	root, err := os.OpenRoot(w.Repo.WorkTree())
	if err != nil {
		return nil, fmt.Errorf("open work tree: %w", err)
	}
	return root, nil
}

// tracked returns the paths below pathspecs, of the index and with others
// also untracked ones, whose filter attribute is ours.
func (w *Worktree) tracked(ctx context.Context) (map[string]bool, error) {
	tracked := map[string]bool{}
	err := w.Git.LsFiles(ctx, []string{"--cached", "--full-name"}, []string{":(top,attr:filter=" + FilterName + ")"},
		func(path string) error {
			tracked[path] = true
			return nil
		})
	return tracked, err
}
