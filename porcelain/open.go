// SPDX-License-Identifier: Apache-2.0

package porcelain

import (
	"context"
	"errors"

	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/plumbing/worktree"
)

// Git returns the real git, run in Dir.
func (g *Globals) Git() git.Runner {
	r := git.Runner{Dir: g.Dir}
	if g.gitDir != "" {
		r = r.At(g.gitDir)
	}
	return r
}

// Open opens the repository that Dir or the GIT_ variables lead to. The caller
// closes it.
func (g *Globals) Open() (*worktree.Worktree, error) {
	config, err := g.commandConfig()
	if err != nil {
		return nil, err
	}
	if g.gitDir != "" {
		return worktree.Open(repo.Options{Dir: g.Dir, GitDir: g.gitDir, Config: config}, g.Git())
	}
	return worktree.Open(repo.Options{
		Dir:       g.Dir,
		GitDir:    g.Env.Getenv("GIT_DIR"),
		WorkTree:  g.Env.Getenv("GIT_WORK_TREE"),
		IndexFile: g.Env.Getenv("GIT_INDEX_FILE"),
		Config:    config,
	}, g.Git())
}

// commandConfig is the configuration of git -c and of GIT_CONFIG_COUNT. Git is
// asked only where there is any.
func (g *Globals) commandConfig() (map[string]string, error) {
	if g.Env.Getenv("GIT_CONFIG_PARAMETERS") == "" && g.Env.Getenv("GIT_CONFIG_COUNT") == "" {
		return nil, nil
	}
	return g.Git().ConfigCommand(context.Background())
}

// OpenTree is Open for what needs a work tree.
func (g *Globals) OpenTree() (*worktree.Worktree, error) {
	w, err := g.Open()
	if err != nil {
		return nil, err
	}
	if err := w.NeedTree(); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// SetUpKey is the git config key that tells that init has been run.
const SetUpKey = "filter.devops.process"

// notSetUp says that init has not been run.
type notSetUp struct{ error }

// Hint says what to do.
func (notSetUp) Hint() string { return "run 'git devops init' in it once" }

// OpenReady is OpenFiles for what stages or writes large files: git must know
// about them, or its next status would take them for changed.
func (g *Globals) OpenReady() (*worktree.Worktree, error) {
	w, err := g.OpenFiles()
	if err != nil {
		return nil, err
	}
	if err := CheckReady(w); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// CheckReady returns an error unless init has been run.
func CheckReady(w *worktree.Worktree) error {
	_, ok, err := w.Repo.Config(SetUpKey)
	if err == nil && !ok {
		err = Exit(NoRepository, notSetUp{errors.New("this repository is not set up for git devops")})
	}
	return err
}
