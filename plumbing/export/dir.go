// SPDX-License-Identifier: Apache-2.0

package export

import (
	"context"
	"errors"
	"os"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/git-devops/git-devops/plumbing/largefile"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/rootfs"
)

// fill writes the tree into the empty directory dir. top is the node that dir
// itself becomes if the tree says nothing of it; nil is as it is.
func (e *Export) fill(ctx context.Context, dir string, top *node.Node) error {
	return inBatch(dir, func(root *rootfs.Root, b *rootfs.Batch) error {
		if err := e.makeDirs(b); err != nil {
			return err
		}
		for _, links := range []bool{false, true} {
			if err := e.makeFiles(ctx, b, links); err != nil {
				return err
			}
		}
		return e.setDirs(root, b, top)
	})
}

// makeDirs makes directories that can be written to until setDirs.
func (e *Export) makeDirs(b *rootfs.Batch) error {
	plain := rootfs.Want{
		Node: node.Node{Type: node.Dir, Perm: 0o700}, UID: uint32(os.Geteuid()), GID: uint32(os.Getegid()),
	}
	for path, n := range e.Nodes() {
		if n.Type != node.Dir || path == node.RootPath {
			continue
		}
		if _, err := b.Mkdir(path, plain, nil); err != nil {
			return err
		}
	}
	return nil
}

// setDirs gives the directories their metadata, those before which lie in
// others: then nothing changes their times any more.
func (e *Export) setDirs(root *rootfs.Root, b *rootfs.Batch, top *node.Node) error {
	type dir struct {
		path string
		node node.Node
	}
	var dirs []dir
	if top != nil {
		dirs = append(dirs, dir{node.RootPath, *top})
	}
	for path, n := range e.Nodes() {
		if n.Type == node.Dir {
			dirs = append(dirs, dir{path, n})
		}
	}
	if len(dirs) > 1 && dirs[1].path == node.RootPath {
		dirs = dirs[1:]
	}
	for i := len(dirs) - 1; i >= 0; i-- {
		if err := e.set(root, b, dirs[i].path, &dirs[i].node); err != nil {
			return err
		}
	}
	return nil
}

// set gives a directory its metadata.
func (e *Export) set(root *rootfs.Root, b *rootfs.Batch, path string, n *node.Node) error {
	w, err := e.want(n)
	if err != nil {
		return err
	}
	live, err := root.Lstat(path)
	if err != nil {
		return err
	}
	_, err = b.SetMetadata(path, w, node.Metadata, live)
	return err
}

// makeFiles makes either the links, or all else that is no directory.
func (e *Export) makeFiles(ctx context.Context, b *rootfs.Batch, links bool) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(2 * runtime.GOMAXPROCS(0))
	for path, n := range e.Nodes() {
		if groupCtx.Err() != nil {
			break
		}
		if n.Type == node.Dir || (n.Link != "") != links {
			continue
		}
		group.Go(func() error { return e.make(groupCtx, b, path, &n) })
	}
	return errors.Join(group.Wait(), ctx.Err())
}

func (e *Export) make(ctx context.Context, b *rootfs.Batch, path string, n *node.Node) error {
	w, err := e.want(n)
	if err != nil {
		return err
	}
	switch {
	case n.Type == node.Symlink:
		target, err := e.target(n)
		if err != nil {
			return err
		}
		w.Target = target
	case n.Type == node.File:
		w.Fill = func(f *os.File) error { return e.write(ctx, path, n, f) }
	}
	if err := b.Stage(path, w); err != nil {
		return err
	}
	_, err = b.Rename(path, nil)
	return err
}

func (e *Export) write(ctx context.Context, path string, n *node.Node, f *os.File) error {
	if n.Large {
		m, err := e.manifest(path, n)
		if err != nil {
			return err
		}
		return largefile.Materialise(ctx, m, f, largefile.MaterialiseOptions{Chunks: e.work.Store, Progress: e.progress})
	}
	return e.work.Repo.CopyBlob(ctx, n.Content, &counted{f, e.progress})
}

// want is a node with the ids that its owners have here.
func (e *Export) want(n *node.Node) (rootfs.Want, error) {
	w := rootfs.Want{Node: *n, UID: uint32(os.Geteuid()), GID: uint32(os.Getegid())}
	var err error
	if w.UID == 0 {
		w.UID, w.GID, err = e.ids(n)
	}
	return w, err
}
