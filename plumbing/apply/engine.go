// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/hostroot"
	"github.com/git-devops/git-devops/plumbing/live"
	"github.com/git-devops/git-devops/plumbing/manifests"
	"github.com/git-devops/git-devops/plumbing/worktree"
)

// An Engine is a host with its root opened. Of a root that is Detached the host
// remembers nothing.
type Engine struct {
	*hostroot.Opened
	// Progress is told the number of bytes just read or written, from several
	// goroutines.
	Progress func(n int64)
	// Full has every file read, whatever the stat cache says.
	Full bool

	// merged are files that three-way merging made and the repository does not
	// have yet.
	merged map[chunkstore.ID][]byte
}

// Open is hostroot.Open.
func Open(w *worktree.Worktree, dir string) (*Engine, error) {
	o, err := hostroot.Open(w, dir)
	if err != nil {
		return nil, err
	}
	return &Engine{Opened: o, merged: map[chunkstore.ID][]byte{}}, nil
}

func (e *Engine) progress(n int64) {
	if e.Progress != nil {
		e.Progress(n)
	}
}

func (e *Engine) scanner() *live.Scanner {
	s := e.Scanner()
	s.Progress = e.Progress
	if e.Full {
		s.Cache = ""
	}
	return s
}

// manifest reads the manifest of a large file.
func (e *Engine) manifest(id chunkstore.ID) (*chunkstore.Manifest, error) {
	return manifests.Read(e.Work.Repo, id)
}

// blob reads a file's content, or a link's target, of at most limit bytes. The
// error is a *repo.TooLargeError when there are more.
func (e *Engine) blob(id chunkstore.ID, limit int64) ([]byte, error) {
	if data, ok := e.merged[id]; ok {
		return data, nil
	}
	_, data, err := e.Work.Repo.ObjectAtMost(id, limit)
	return data, err
}
