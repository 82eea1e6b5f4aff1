// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/node"
)

// A Want is what is to be at a path.
type Want struct {
	// Node's Content is not looked at: Fill or Target is the content.
	Node     node.Node
	UID, GID uint32
	// Fill writes the content of a File without Link.
	Fill func(*os.File) error
	// Target is where a Symlink points to.
	Target string
}

// A Batch is a series of changes to a root that become durable together. The
// order of work is
//
//	Remove, Rmdir    what is in the way
//	Mkdir            parents first
//	Stage            the new files, under temporary names beside their paths
//	Sync             they are durable, and nobody has seen them
//	Rename           each takes its path at once
//	Remove, Rmdir    what is to go
//	SetMetadata      of what stays; of directories last
//	Finish           all of it is durable
//	Close            temporaries that were not renamed are removed
//
// Every change names what the caller has seen at the path (live, nil for
// nothing). Where something else is there now, it is left alone and the change
// is a *ChangedError. The methods may be called concurrently, for different
// paths.
type Batch struct {
	root *Root
	run  string

	mu     sync.Mutex
	next   uint64
	staged map[string]staged
	// touched are inodes that this batch has changed under another name, or
	// before.
	touched map[inode]bool

	dirs     dirCache
	unsynced unsynced
}

// An inode is an identity as long as the inode has a name.
type inode struct{ dev, ino uint64 }

func inodeOf(info *Info) inode { return inode{info.Dev, info.Ino} }

// staged is something under a temporary name.
type staged struct {
	n  uint64
	id inode
	// first is the path that it is to be a name of, "" for no link.
	first string
}

// Begin starts a series of changes. The run is part of all temporary names, by
// which Recover finds them after a crash: letters, digits and hyphens, different
// for each run.
func (r *Root) Begin(run string) (*Batch, error) {
	if err := checkRun(run); err != nil {
		return nil, err
	}
	return &Batch{
		root:     r,
		run:      run,
		staged:   make(map[string]staged),
		touched:  make(map[inode]bool),
		dirs:     dirCache{root: r, open: make(map[string]*cachedDir)},
		unsynced: newUnsynced(r),
	}, nil
}

func checkRun(run string) error {
	if run == "" || len(run) > 64 || strings.Trim(run, "0123456789abcdefghijklmnopqrstuvwxyz"+
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != "" {
		return fmt.Errorf("bad name of a run: %q", run)
	}
	return nil
}

// Sync makes the content of all that is staged durable.
func (b *Batch) Sync() error { return b.unsynced.syncFiles() }

// Finish makes all changes durable.
func (b *Batch) Finish() error {
	return errors.Join(b.unsynced.syncFiles(), b.unsynced.syncDirs())
}

// Close removes what is staged and was not renamed, and ends the batch.
func (b *Batch) Close() error {
	var errs []error
	for path, s := range b.staged {
		err := b.in(path, func(d *cachedDir, _ string) error {
			return unlink(d.fd, temporaryName(b.run, s.n))
		})
		if !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	b.staged = nil
	b.unsynced.close()
	b.dirs.forget()
	return errors.Join(errs...)
}

// in calls fn with the open directory of path and the name of it there. Errors
// that the kernel gave are returned with the path.
func (b *Batch) in(path string, fn func(d *cachedDir, name string) error) error {
	if path == node.RootPath {
		return &node.BadPathError{Path: path, Why: "is the root itself, which stays"}
	}
	return b.at(path, fn)
}

// at is in for changes that the root itself may have, too.
func (b *Batch) at(path string, fn func(d *cachedDir, name string) error) error {
	if err := node.CheckPath(path); err != nil {
		return err
	}
	parent, name := node.SplitPath(path)
	d, err := b.dirs.acquire(parent)
	if err != nil {
		return err
	}
	defer b.dirs.release(d)
	return d.explain(path, name, fn(d, name))
}

// temporary returns a name that is not in use.
func (b *Batch) temporary() (n uint64, name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next++
	return b.next, temporaryName(b.run, b.next)
}

// touch notes that the batch changes the inode.
func (b *Batch) touch(info *Info) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.touched[inodeOf(info)] = true
}

// is tells whether got is what the caller has seen. A rename changes the ctime,
// so that it is compared only before.
func (b *Batch) is(live, got *Info, ctime bool) bool {
	b.mu.Lock()
	touched := b.touched[inodeOf(got)]
	b.mu.Unlock()
	switch {
	case inodeOf(live) != inodeOf(got), typeOf(live) != typeOf(got):
		return false
	case typeOf(got) == node.Dir:
		return touched || sameOwners(live, got)
	case live.Size != got.Size, live.Mtim != got.Mtim, live.Rdev != got.Rdev:
		return false
	case touched:
		return true
	}
	return sameOwners(live, got) && (!ctime || live.Ctim == got.Ctim)
}

func sameOwners(a, b *Info) bool {
	return a.Mode == b.Mode && a.Uid == b.Uid && a.Gid == b.Gid
}

// look fails unless the caller has seen what is at name.
func (b *Batch) look(d *cachedDir, path, name string, live *Info) error {
	var got Info
	err := unix.Fstatat(d.fd, name, &got, unix.AT_SYMLINK_NOFOLLOW)
	switch {
	case err == unix.ENOENT:
		return &ChangedError{path}
	case err != nil:
		return err
	case !b.is(live, &got, true):
		return &ChangedError{path}
	}
	return nil
}

// unlink removes a name, that of an empty directory too.
func unlink(dir int, name string) error {
	err := unix.Unlinkat(dir, name, 0)
	if err == unix.EISDIR {
		err = unix.Unlinkat(dir, name, unix.AT_REMOVEDIR)
	}
	return err
}
