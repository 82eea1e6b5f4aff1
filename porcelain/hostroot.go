// SPDX-License-Identifier: Apache-2.0

package porcelain

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/accounts"
	"github.com/git-devops/git-devops/plumbing/host"
	"github.com/git-devops/git-devops/plumbing/live"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/rootfs"
	"github.com/git-devops/git-devops/plumbing/roottree"
	"github.com/git-devops/git-devops/plumbing/worktree"
)

// A HostRoot is the repository of a host with its root open.
type HostRoot struct {
	*worktree.Worktree
	Host     *host.Host
	Root     *rootfs.Root
	Accounts *accounts.Accounts

	loader *roottree.Loader
}

// OpenRoot opens the repository of a host and its root. The error is
// host.ErrNotHost for another repository. The caller closes it.
func (g *Globals) OpenRoot() (*HostRoot, error) {
	w, err := g.Open()
	if err != nil {
		return nil, err
	}
	h, err := NewHostRoot(w)
	if err != nil {
		w.Close()
	}
	return h, err
}

// NewHostRoot is OpenRoot for a repository that is open. Closing it closes
// that, too.
func NewHostRoot(w *worktree.Worktree) (*HostRoot, error) {
	h, err := host.Open(w.Repo, w.Git)
	if err != nil {
		return nil, err
	}
	root, err := rootfs.Open(h.Root, rootfs.Options{})
	if err != nil {
		return nil, err
	}
	names, err := accounts.Read(root)
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return &HostRoot{Worktree: w, Host: h, Root: root, Accounts: names}, nil
}

// Close closes the root and the repository.
func (h *HostRoot) Close() {
	h.Root.Close()
	h.Worktree.Close()
}

// StatCache is where the host's stat cache is.
func (h *HostRoot) StatCache() string {
	return filepath.Join(h.Repo.GitDir(), "devops", "statcache")
}

// Scanner looks at the root with the help of the stat cache.
func (h *HostRoot) Scanner() *live.Scanner {
	return &live.Scanner{
		Root: h.Root, Names: h.Accounts, Params: h.Params, Cache: h.StatCache(), Previous: h.manifest,
	}
}

// manifest returns the manifest that a blob is, or nil.
func (h *HostRoot) manifest(id chunkstore.ID) *chunkstore.Manifest {
	_, data, err := h.Repo.Object(id)
	if err != nil || !chunkstore.IsManifest(data) {
		return nil
	}
	m, _ := chunkstore.ParseManifest(data)
	return m
}

// Differences reports where the root is not as commit has it.
func (h *HostRoot) Differences(ctx context.Context, s *live.Scanner, commit chunkstore.ID, fn live.Report) error {
	tree, err := h.Loader().Lazy(commit.String())
	if err != nil {
		return err
	}
	load := func() (live.Tree, error) { return tree.Tree() }
	s.Lookup = tree.Get
	return s.Scan(ctx, tree.ID(), load, fn)
}

// Loader reads trees. Which blobs are manifests it knows from the stat cache,
// as far as that goes.
func (h *HostRoot) Loader() *roottree.Loader {
	if h.loader == nil {
		h.loader = roottree.NewLoader(h.Repo)
		h.loader.Recall(func(know func(chunkstore.ID, bool)) {
			cache := live.OpenCache(h.StatCache())
			defer cache.Close()
			cache.Files(know)
		})
	}
	return h.loader
}

// RootPath returns where an argument is, relative to the root.
func (h *HostRoot) RootPath(g *Globals, arg string) (string, error) {
	path := g.Path(arg)
	rel, ok := relative(h.Host.Root, path)
	if !ok {
		if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
			rel, ok = relative(h.Host.Root, filepath.Join(dir, filepath.Base(path)))
		}
	}
	if !ok {
		return "", fmt.Errorf("'%s' is outside the root %s", arg, h.Host.Root)
	}
	return rel, nil
}

// relative returns path relative to dir, if it is there or below.
func relative(dir, path string) (string, bool) {
	if path == dir {
		return node.RootPath, true
	}
	return strings.CutPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}
