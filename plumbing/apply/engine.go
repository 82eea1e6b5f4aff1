// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"fmt"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/accounts"
	"github.com/git-devops/git-devops/plumbing/host"
	"github.com/git-devops/git-devops/plumbing/live"
	"github.com/git-devops/git-devops/plumbing/rootfs"
	"github.com/git-devops/git-devops/plumbing/roottree"
	"github.com/git-devops/git-devops/plumbing/worktree"
)

// An Engine is a host with its root opened.
type Engine struct {
	Host     *host.Host
	Work     *worktree.Worktree
	Root     *rootfs.Root
	Accounts *accounts.Accounts
	// Progress is told the number of bytes just read or written, from several
	// goroutines.
	Progress func(n int64)
	// Full has every file read, whatever the stat cache says.
	Full bool

	// detached says that Root is not the host's.
	detached bool
	// merged are files that three-way merging made and the repository does not
	// have yet.
	merged map[chunkstore.ID][]byte
}

// Open opens the root of the host that w is the repository of, or in its place
// the directory dir, unless that is "": an engine of which the host remembers
// nothing. The errors are those of host.Open, rootfs.Open and accounts.Open.
// The caller keeps w open until after Close.
func Open(w *worktree.Worktree, dir string) (*Engine, error) {
	h, err := host.Open(w.Repo, w.Git)
	if err != nil {
		return nil, err
	}
	e := &Engine{Host: h, Work: w, merged: map[chunkstore.ID][]byte{}}
	if dir != "" {
		h.Root, e.detached = dir, true
	}
	if e.Root, err = rootfs.Open(h.Root, rootfs.Options{}); err != nil {
		return nil, err
	}
	if e.Accounts, err = accounts.Read(e.Root); err != nil {
		e.Root.Close()
		return nil, err
	}
	return e, nil
}

// loader reads trees. Which blobs are manifests it knows from the stat cache, as
// far as that goes.
func (e *Engine) loader() *roottree.Loader {
	l := roottree.NewLoader(e.Work.Repo)
	l.Recall(func(know func(chunkstore.ID, bool)) {
		cache := live.OpenCache(e.Host.StatePath(host.StateCache))
		defer cache.Close()
		cache.Files(know)
	})
	return l
}

func (e *Engine) progress(n int64) {
	if e.Progress != nil {
		e.Progress(n)
	}
}

// Close releases the root.
func (e *Engine) Close() error { return e.Root.Close() }

func (e *Engine) scanner() *live.Scanner {
	s := &live.Scanner{
		Root: e.Root, Names: e.Accounts, Params: e.Work.Params,
		Previous: func(id chunkstore.ID) *chunkstore.Manifest {
			m, _ := e.manifest(id)
			return m
		},
		Progress: e.Progress,
	}
	if !e.detached && !e.Full {
		s.Cache = e.Host.StatePath(host.StateCache)
	}
	return s
}

// manifest reads the manifest of a large file.
func (e *Engine) manifest(id chunkstore.ID) (*chunkstore.Manifest, error) {
	data, err := e.blob(id)
	if err != nil {
		return nil, err
	}
	m, err := chunkstore.ParseManifest(data)
	if err != nil {
		return nil, fmt.Errorf("manifest %v: %w", id, err)
	}
	return m, nil
}

// blob reads a small file's content, a manifest or a link's target.
func (e *Engine) blob(id chunkstore.ID) ([]byte, error) {
	if data, ok := e.merged[id]; ok {
		return data, nil
	}
	_, data, err := e.Work.Repo.Object(id)
	return data, err
}
