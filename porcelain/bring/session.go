// SPDX-License-Identifier: Apache-2.0

// Package bring is what the verbs share that bring a root to a commit: apply,
// rollback and verify.
package bring

import (
	"errors"
	"fmt"

	"github.com/git-devops/git-devops/plumbing/apply"
	"github.com/git-devops/git-devops/plumbing/host"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// A Session is a host whose root is opened.
type Session struct {
	Work   *worktree.Worktree
	Host   *host.Host
	Engine *apply.Engine

	g      *porcelain.Globals
	unlock func()
	// readOnly is without the lock.
	readOnly bool
}

// Open opens the host's root, or in its place the directory root, unless that
// is "". Unless readOnly, it takes the host's lock and clears away what a run
// that was killed has left.
func Open(g *porcelain.Globals, root string, readOnly bool) (*Session, error) {
	w, err := g.Open()
	if err != nil {
		return nil, err
	}
	s := &Session{Work: w, g: g, unlock: func() {}, readOnly: readOnly}
	if root != "" {
		root = g.Path(root)
	}
	if s.Engine, err = apply.Open(w, root); err != nil {
		w.Close()
		return nil, err
	}
	s.Host = s.Engine.Host
	if !readOnly {
		err = s.lock()
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Session) lock() error {
	unlock, err := s.Host.Lock()
	if err != nil {
		return err
	}
	s.unlock = unlock
	full, err := s.Engine.Recover()
	for _, path := range full {
		s.g.UI.Warnf("%s: a run that was killed has left this directory, and it is not empty", ui.Path(path))
	}
	if len(full) > 0 {
		s.g.UI.Hintf("it stays: move what you need from there, then remove it")
	}
	return err
}

// Close ends the session.
func (s *Session) Close() {
	s.Engine.Close()
	s.unlock()
	s.Work.Close()
}

// CommitAndPaths tells a commit-ish from the paths that follow, as
// porcelain.TreeAndPaths does. The paths are relative to the root.
func (s *Session) CommitAndPaths(args []string, dash int) (rev string, paths []string, err error) {
	rev, args, err = porcelain.TreeAndPaths(s.Work.Repo, args, dash)
	if err != nil {
		return "", nil, err
	}
	paths, err = s.g.RootPaths(s.Host, s.Engine.Root, args)
	if e, ok := errors.AsType[*host.OutsideError](err); ok && rev == "" && dash < 0 {
		err = neither{e, args[0]}
	}
	return rev, paths, err
}

// neither says of the first argument that it is no path of the root, and no
// commit, either.
type neither struct {
	*host.OutsideError
	arg string
}

// Hint says what may have been meant.
func (n neither) Hint() string {
	return fmt.Sprintf("nor is '%s' a commit; 'git devops log' lists these", ui.Path(n.arg))
}
