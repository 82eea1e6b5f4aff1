// SPDX-License-Identifier: Apache-2.0

package porcelain

import (
	"cmp"
	"os"
	"sync"

	"github.com/git-devops/git-devops/plumbing/peers"
	"github.com/git-devops/git-devops/plumbing/ssh"
	"github.com/git-devops/git-devops/plumbing/worktree"
)

// PeerOptions returns how the peers of a repository are reached: with the ssh
// that git would use. That ssh may ask questions when a person looks on.
func (g *Globals) PeerOptions(w *worktree.Worktree) peers.Options {
	o := peers.Options{
		SSH: ssh.Options{
			Command: g.sshCommand(),
			TempDir: g.Env.Getenv("TMPDIR"),
			Dir:     cmp.Or(w.Repo.WorkTree(), w.Repo.GitDir()),
		},
		Agent: "git-devops/" + Build().Version,
	}
	if g.UI.Terminal() && g.Env.Getenv("GIT_TERMINAL_PROMPT") != "0" {
		o.SSH.Ask = &sync.Mutex{}
	}
	if program, err := os.Executable(); err == nil {
		o.Program = program
	}
	return o
}

// sshCommand looks where git looks, in its order; "" is ssh itself.
func (g *Globals) sshCommand() string {
	if line := g.Env.Getenv("GIT_SSH_COMMAND"); line != "" {
		return line
	}
	if line, ok := g.config("core.sshCommand"); ok && line != "" {
		return line
	}
	if program := g.Env.Getenv("GIT_SSH"); program != "" {
		return ssh.Quote(program)
	}
	return ""
}
