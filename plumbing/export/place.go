// SPDX-License-Identifier: Apache-2.0

package export

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/rootfs"
	"github.com/git-devops/git-devops/plumbing/spool"
)

// ErrNotEmpty says that a directory has something in it already.
var ErrNotEmpty = errors.New("is not an empty directory")

// Dir writes the tree into dir, which is made, or is empty. It is written under
// a temporary name: beside dir, which then appears in one step; or in the empty
// dir, which then gets what is at the tree's top, name by name, and last its own
// metadata. It is durable when Dir returns; after an error nothing else is there
// than the temporary name. That is there, too, after a kill between two names.
// Only the superuser can give files away: for anybody else they all belong to
// who calls it.
func (e *Export) Dir(ctx context.Context, dir string) error {
	_, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return e.newDir(ctx, dir)
	}
	if err != nil {
		return err
	}
	return e.emptyDir(ctx, dir)
}

func (e *Export) newDir(ctx context.Context, dir string) error {
	work, err := spool.CreateDir(filepath.Dir(dir))
	if err != nil {
		return err
	}
	defer spool.DropDir(work)
	root := node.Default(node.Dir, false)
	root.Mtime = &e.mtime
	if err := e.fill(ctx, work.Name(), &root); err != nil {
		return err
	}
	if err := os.Rename(work.Name(), dir); err != nil {
		return err
	}
	return spool.SyncDir(filepath.Dir(dir))
}

func (e *Export) emptyDir(ctx context.Context, dir string) error {
	work, err := spool.CreateDir(dir)
	if err != nil {
		return err
	}
	defer spool.DropDir(work)
	if err := checkEmpty(dir, work.Name()); err != nil {
		return err
	}
	if err := e.fill(ctx, work.Name(), nil); err != nil {
		return err
	}
	if err := moveAll(work.Name(), dir); err != nil {
		return err
	}
	if err := os.Remove(work.Name()); err != nil {
		return err
	}
	return errors.Join(e.setTop(dir), spool.SyncDir(dir))
}

// moveAll moves all that is in work to dir. Where it fails, nothing of it is
// left in dir.
func moveAll(work, dir string) error {
	names, err := os.ReadDir(work)
	if err != nil {
		return err
	}
	for i, name := range names {
		err := os.Rename(filepath.Join(work, name.Name()), filepath.Join(dir, name.Name()))
		if err == nil {
			continue
		}
		for _, moved := range names[:i] {
			err = errors.Join(err, os.RemoveAll(filepath.Join(dir, moved.Name())))
		}
		return err
	}
	return nil
}

// checkEmpty fails when dir has more than our temporary name, and what a new
// file system has.
func checkEmpty(dir, work string) error {
	names, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if n := name.Name(); n != filepath.Base(work) && n != "lost+found" {
			return fmt.Errorf("%s: %w", dir, ErrNotEmpty)
		}
	}
	return nil
}

// setTop gives dir the metadata that the tree has of its top, if any.
func (e *Export) setTop(dir string) error {
	top := e.tree.Get(node.RootPath)
	if top == nil {
		return nil
	}
	return inBatch(dir, func(root *rootfs.Root, b *rootfs.Batch) error { return e.set(root, b, node.RootPath, top) })
}

// inBatch makes changes in dir durable.
func inBatch(dir string, fn func(*rootfs.Root, *rootfs.Batch) error) error {
	root, err := rootfs.Open(dir, rootfs.Options{})
	if err != nil {
		return err
	}
	defer root.Close()
	b, err := root.Begin("export")
	if err != nil {
		return err
	}
	err = fn(root, b)
	if err == nil {
		err = b.Finish()
	}
	return errors.Join(err, b.Close())
}
