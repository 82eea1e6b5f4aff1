// SPDX-License-Identifier: Apache-2.0

package porcelain

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/plumbing/host"
	"github.com/git-devops/git-devops/plumbing/hostroot"
	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/plumbing/rootfs"
	"github.com/git-devops/git-devops/plumbing/worktree"
)

// choose finds the repository of a host that cmd is about, when it is about
// one: that of --repo, of GIT_DEVOPS_REPO, or this machine's where a search
// would find none. Verbs that git runs are about git's repository, and those
// that make repositories say themselves where.
func (g *Globals) choose(cmd *cobra.Command) {
	for cmd.HasParent() && cmd.Parent().HasParent() {
		cmd = cmd.Parent()
	}
	switch {
	case g.Repo != "":
		g.gitDir = g.Repo
	case cmd.GroupID == "", cmd.GroupID == GroupStart, g.Env.Getenv("GIT_DIR") != "":
	case g.Env.Getenv(hostRepoVariable) != "",
		isDir(host.DefaultGitDir) && !repo.Discover(g.Dir):
		g.gitDir = g.HostRepo()
	}
}

const hostRepoVariable = "GIT_DEVOPS_REPO"

func isDir(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.IsDir()
}

// HostRepo returns where the repository of this host is, or is to be made.
func (g *Globals) HostRepo() string {
	if g.Repo != "" {
		return g.Repo
	}
	if dir := g.Env.Getenv(hostRepoVariable); dir != "" {
		return g.Path(dir)
	}
	return host.DefaultGitDir
}

// At returns g for the repository whose directory is gitDir.
func (g *Globals) At(gitDir string) *Globals {
	there := *g
	there.gitDir = gitDir
	return &there
}

// OpenHost opens the repository of a host. The error is host.ErrNotHost for
// another repository. The caller closes the Worktree.
func (g *Globals) OpenHost() (*worktree.Worktree, *host.Host, error) {
	w, err := g.Open()
	if err != nil {
		return nil, nil, err
	}
	h, err := host.Open(w.Repo, w.Git)
	if err != nil {
		w.Close()
		return nil, nil, err
	}
	return w, h, nil
}

// OpenRoot opens the repository of a host with its root. The errors are those
// of hostroot.Open. The caller calls done at the end.
func (g *Globals) OpenRoot() (h *hostroot.Opened, done func(), err error) {
	w, err := g.Open()
	if err != nil {
		return nil, nil, err
	}
	if h, err = hostroot.Open(w, ""); err != nil {
		w.Close()
		return nil, nil, err
	}
	return h, func() {
		_ = h.Close()
		w.Close()
	}, nil
}

// rootRefused says that a verb for work trees was told to write a root.
type rootRefused struct{ error }

// Hint says what to do.
func (rootRefused) Hint() string {
	return "'git devops apply' brings files to the root; everything else is done in a clone of the branch"
}

// OpenFiles is OpenTree for what writes to the work tree, which a root is not
// for: only apply writes there.
func (g *Globals) OpenFiles() (*worktree.Worktree, error) {
	w, err := g.OpenTree()
	if err != nil {
		return nil, err
	}
	is, err := host.Is(w.Repo)
	if err == nil && is {
		err = rootRefused{errors.New("this is the repository of a host: its work tree is the root")}
	}
	if err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// RootPaths turns arguments into paths of the root: relative ones begin where
// the person is, and links among the parents are followed. The result is
// node.RootPath for the root itself.
func (g *Globals) RootPaths(h *host.Host, root *rootfs.Root, args []string) ([]string, error) {
	paths := make([]string, len(args))
	for i, arg := range args {
		path, err := h.Below(g.Path(arg))
		if err != nil {
			return nil, err
		}
		if real, err := root.Resolve(path); err == nil {
			path = real // else it is not there, or perhaps no more
		}
		paths[i] = path
	}
	return paths, nil
}
