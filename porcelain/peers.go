// SPDX-License-Identifier: Apache-2.0

package porcelain

import (
	"cmp"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/git-devops/git-devops/plumbing/peers"
	"github.com/git-devops/git-devops/plumbing/ssh"
	"github.com/git-devops/git-devops/plumbing/worktree"
)

// PeerOptions returns how the peers of a repository are reached: with the ssh
// that git would use. That ssh may ask questions when a person looks on.
func (g *Globals) PeerOptions(w *worktree.Worktree) (peers.Options, error) {
	stall, err := StallTimeout(w)
	if err != nil {
		return peers.Options{}, err
	}
	o := peers.Options{
		SSH: ssh.Options{
			Command: g.sshCommand(),
			TempDir: g.Env.Getenv("TMPDIR"),
			Dir:     cmp.Or(w.Repo.WorkTree(), w.Repo.GitDir()),
			Alive:   stall,
		},
		Agent:   "git-devops/" + Build().Version,
		Timeout: stall,
	}
	if g.UI.Terminal() && g.Env.Getenv("GIT_TERMINAL_PROMPT") != "0" {
		o.SSH.Ask = &sync.Mutex{}
	}
	if program, err := os.Executable(); err == nil {
		o.Program = program
	}
	return o, nil
}

// StallTimeout returns how long a place may be silent before it is given up.
func StallTimeout(w *worktree.Worktree) (time.Duration, error) {
	const key, most = "devops.stallTimeout", 24 * 60 * 60
	n, err := w.Repo.ConfigInt(key, 30)
	if err == nil && (n < 1 || n > most) {
		err = fmt.Errorf("%s is %d: expected seconds, 1 to %d", key, n, most)
	}
	return time.Duration(n) * time.Second, err
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
