// SPDX-License-Identifier: Apache-2.0

package carry

import (
	"github.com/git-devops/git-devops/plumbing/stores"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
)

// Stores returns the stores of a repository.
func Stores(g *porcelain.Globals, w *worktree.Worktree) *stores.Stores {
	return stores.New(w.Repo, w.Git, g.Env.Getenv)
}
