// SPDX-License-Identifier: Apache-2.0

package dir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/chunkstore/passive"
)

// Write implements passive.Bodies.
func (d *Dir) Write(ctx context.Context, id chunkstore.ID, body []byte) error {
	b, err := d.Begin(ctx)
	if err != nil {
		return err
	}
	defer b.Abort()
	if err := b.Write(ctx, id, body); err != nil {
		return err
	}
	return b.Commit(ctx)
}

// batch is a number of files without names.
type batch struct {
	d    *Dir
	disk *os.File // the root, opened before anything was written

	mu    sync.Mutex
	temps map[chunkstore.ID]*temp
}

// Begin implements passive.Bodies.
func (d *Dir) Begin(ctx context.Context) (passive.BodyBatch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, sub := range []string{tmpDir, objectsDir} {
		if err := d.dirs.make(d, sub); err != nil {
			return nil, d.wrap("write to the store", err)
		}
	}
	// The kernel tells each open file of the errors since it was opened.
	disk, err := d.root.Open(".")
	if err != nil {
		return nil, d.wrap("write to the store", err)
	}
	return &batch{d: d, disk: disk, temps: map[chunkstore.ID]*temp{}}, nil
}

// maxOpen is how many files a batch leaves to one syncfs. They are open, as
// their locks tell that the writer lives.
const maxOpen = 512

// Write implements passive.BodyBatch.
func (b *batch) Write(ctx context.Context, id chunkstore.ID, body []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t, err := b.d.temp(body)
	if err == nil && !b.d.syncfs {
		err = t.f.Sync()
	}
	if err != nil {
		if t != nil {
			t.drop()
		}
		return b.d.wrap("write object "+id.String(), err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.temps[id] != nil {
		t.drop()
		return nil
	}
	b.temps[id] = t
	if len(b.temps) < maxOpen {
		return nil
	}
	return b.commit()
}

// Commit implements passive.BodyBatch.
func (b *batch) Commit(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	err := b.commit()
	if err == nil {
		b.close()
	}
	return err
}

// commit makes the files durable, then names them, then makes the names
// durable. b.mu is held.
func (b *batch) commit() error {
	if len(b.temps) == 0 {
		return b.d.present()
	}
	if err := b.flushContents(); err != nil {
		return b.d.wrap("write to the store", err)
	}
	subs := map[string]bool{}
	for id, t := range b.temps {
		to := b.d.body(id)
		sub := filepath.Dir(to)
		err := b.d.dirs.make(b.d, sub)
		if err == nil {
			err = t.rename(to)
		}
		if err != nil {
			return b.d.wrap("write object "+id.String(), err)
		}
		subs[sub] = true
		delete(b.temps, id)
	}
	if err := b.flushNames(subs); err != nil {
		return b.d.wrap("write to the store", err)
	}
	return b.d.present()
}

func (b *batch) flushContents() error {
	if !b.d.syncfs {
		return nil // each was
	}
	if len(b.temps) == 1 {
		for _, t := range b.temps {
			return t.f.Sync()
		}
	}
	return b.flushDisk()
}

func (b *batch) flushNames(subs map[string]bool) error {
	if b.d.syncfs && len(subs) > 2 {
		return b.flushDisk()
	}
	for sub := range subs {
		if err := syncDir(b.d.root, sub); err != nil {
			return err
		}
	}
	return nil
}

// flushDisk makes the whole file system durable. FAT's syncfs leaves things in
// the disk's own cache, which the fsync of any file empties.
func (b *batch) flushDisk() error {
	if err := unix.Syncfs(int(b.disk.Fd())); err != nil {
		return os.NewSyscallError("syncfs", err)
	}
	return ignoreUnsupported(b.disk.Sync())
}

// Abort implements passive.BodyBatch.
func (b *batch) Abort() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range b.temps {
		t.drop()
	}
	clear(b.temps)
	b.close()
}

func (b *batch) close() {
	if b.disk != nil {
		b.disk.Close()
		b.disk = nil
	}
}

// made are the directories that are known to exist, durably.
type made struct {
	mu    sync.Mutex
	names map[string]bool
}

// make makes a directory below d that may exist, and its name durable.
func (m *made) make(d *Dir, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.names[name] {
		return nil
	}
	if err := d.makeDir(name); err != nil {
		return err
	}
	if m.names == nil {
		m.names = map[string]bool{}
	}
	m.names[name] = true
	return nil
}

func (d *Dir) makeDir(name string) error {
	err := d.root.Mkdir(name, 0o777)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return syncDir(d.root, filepath.Dir(name))
}

// syncDir makes the names in a directory durable, where the file system knows
// how to.
func syncDir(root *os.Root, name string) error {
	f, err := root.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return ignoreUnsupported(f.Sync())
}

func ignoreUnsupported(err error) error {
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.ENOSYS) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	return nil
}

// kernels are the file systems whose syncfs reaches the disk. One in user space
// is not told of it.
var kernels = []int64{
	unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.F2FS_SUPER_MAGIC,
	unix.TMPFS_MAGIC, unix.MSDOS_SUPER_MAGIC, unix.EXFAT_SUPER_MAGIC,
}

// syncfsIsEnough says whether one syncfs stands for the fsync of each file.
func syncfsIsEnough(root *os.Root) bool {
	f, err := root.Open(".")
	if err != nil {
		return false
	}
	defer f.Close()
	var st unix.Statfs_t
	return unix.Fstatfs(int(f.Fd()), &st) == nil && slices.Contains(kernels, int64(st.Type))
}
