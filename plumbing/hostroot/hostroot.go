// SPDX-License-Identifier: Apache-2.0

// Package hostroot opens a host's root beside its repository, with what is
// needed to compare the two. It changes nothing but the stat cache.
package hostroot

import (
	"context"
	"errors"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/accounts"
	"github.com/git-devops/git-devops/plumbing/host"
	"github.com/git-devops/git-devops/plumbing/live"
	"github.com/git-devops/git-devops/plumbing/manifests"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/rootfs"
	"github.com/git-devops/git-devops/plumbing/roottree"
	"github.com/git-devops/git-devops/plumbing/worktree"
)

// An Opened is a host whose root is open.
type Opened struct {
	Host     *host.Host
	Work     *worktree.Worktree
	Root     *rootfs.Root
	Accounts *accounts.Accounts
	// Detached says that Root is another directory than the host's.
	Detached bool

	loader *roottree.Loader
}

// Open opens the root of the host that w is the repository of, or in its place
// the directory dir, unless that is "". The errors are those of host.Open,
// rootfs.Open and accounts.Read. The caller keeps w open until after Close.
func Open(w *worktree.Worktree, dir string) (*Opened, error) {
	h, err := host.Open(w.Repo, w.Git)
	if err != nil {
		return nil, err
	}
	o := &Opened{Host: h, Work: w}
	if dir != "" {
		h.Root, o.Detached = dir, true
	}
	if o.Root, err = rootfs.Open(h.Root, rootfs.Options{}); err != nil {
		return nil, err
	}
	if o.Accounts, err = accounts.Read(o.Root); err != nil {
		return nil, errors.Join(err, o.Root.Close())
	}
	return o, nil
}

// Close releases the root.
func (o *Opened) Close() error { return o.Root.Close() }

// Loader reads trees, and what they have in common once. Which blobs are
// manifests it knows from the stat cache, as far as that goes.
func (o *Opened) Loader() *roottree.Loader {
	if o.loader == nil {
		o.loader = roottree.NewLoader(o.Work.Repo)
		o.loader.Recall(func(know func(chunkstore.ID, bool)) {
			cache := live.OpenCache(o.Host.StatePath(host.StateCache))
			defer cache.Close()
			cache.Files(know)
		})
	}
	return o.loader
}

// Scanner looks at the root, with the help of the stat cache if it is the
// host's.
func (o *Opened) Scanner() *live.Scanner {
	s := &live.Scanner{
		Root: o.Root, Names: o.Accounts, Params: o.Work.Params,
		Previous: func(id chunkstore.ID) *chunkstore.Manifest { return manifests.Hint(o.Work.Repo, id) },
		Size:     o.size,
	}
	if !o.Detached {
		s.Cache = o.Host.StatePath(host.StateCache)
	}
	return s
}

// size is for a live.Scanner.
func (o *Opened) size(content chunkstore.ID, large bool) (bytes int64, ok bool) {
	if large {
		if m := manifests.Hint(o.Work.Repo, content); m != nil {
			return m.Size, true
		}
		return 0, false
	}
	bytes, err := o.Work.Repo.ObjectSize(content)
	return bytes, err == nil
}

// Differences reports where the root is not as commit has it.
func (o *Opened) Differences(ctx context.Context, commit chunkstore.ID, fn live.Report) error {
	tree, err := o.Work.Repo.ResolveTree(commit.String())
	if err != nil {
		return err
	}
	load := func() (live.Tree, error) { return o.Loader().Load(tree.String()) }
	return o.Scanner().Scan(ctx, tree, load, fn)
}

// Recut returns base with the manifest of target where both are of the same
// content, cut in other ways: then nothing of it is to be written.
func (o *Opened) Recut(base, target *node.Node) *node.Node {
	if base == nil || target == nil || !base.Large || !target.Large || base.Content == target.Content {
		return base
	}
	was, is := manifests.Hint(o.Work.Repo, base.Content), manifests.Hint(o.Work.Repo, target.Content)
	if was == nil || is == nil || was.Size != is.Size || was.SHA256 != is.SHA256 {
		return base
	}
	same := *base
	same.Content = target.Content
	return &same
}
