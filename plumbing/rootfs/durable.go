// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// unsynced is what has been changed and is not durable yet. A few inodes are
// fsynced; for many it is faster to have their file systems written out whole.
type unsynced struct {
	root *Root

	mu sync.Mutex
	// files are handles of changed inodes, as long as they are few.
	files []unsyncedFile
	many  bool
	// dirs are the changed directories, with the device they are on.
	dirs map[string]uint64
	// devices has an open directory of each device.
	devices map[uint64]int
}

type unsyncedFile struct {
	path string
	handle
}

func newUnsynced(r *Root) unsynced {
	return unsynced{root: r, dirs: make(map[string]uint64), devices: make(map[uint64]int)}
}

// file takes over the handle of a changed inode in d.
func (u *unsynced) file(d *cachedDir, path string, h handle) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if err := u.device(d); err != nil {
		return errors.Join(err, h.close())
	}
	if len(u.files) < u.root.options.FsyncAtMost {
		u.files = append(u.files, unsyncedFile{path, h})
		return nil
	}
	u.many = true
	return h.close()
}

// dir notes that names in d have changed.
func (u *unsynced) dir(d *cachedDir) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.dirs[d.key] = d.dev
	return u.device(d)
}

func (u *unsynced) device(d *cachedDir) error {
	if _, ok := u.devices[d.dev]; ok {
		return nil
	}
	fd, err := unix.FcntlInt(uintptr(d.fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	u.devices[d.dev] = fd
	return nil
}

// syncFiles makes the changed inodes durable.
func (u *unsynced) syncFiles() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	var err error
	if u.many {
		err = u.syncDevices()
	} else {
		err = together(u.files, func(f unsyncedFile) error { return fsync(f.path, f.fd) })
	}
	for _, f := range u.files {
		f.close()
	}
	u.files, u.many = nil, false
	return err
}

// syncing is how many fsyncs are under way at once: a file system makes those
// durable together that it is asked for together.
const syncing = 16

// together calls sync for all, and returns all errors.
func together[T any](all []T, sync func(T) error) error {
	errs := make([]error, len(all))
	var group errgroup.Group
	group.SetLimit(syncing)
	for i, one := range all {
		group.Go(func() error {
			errs[i] = sync(one)
			return nil
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

// syncDirs makes the changed directories durable.
func (u *unsynced) syncDirs() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	defer clear(u.dirs)
	if len(u.dirs) > u.root.options.FsyncAtMost {
		return u.syncDevices()
	}
	return together(slices.Collect(maps.Keys(u.dirs)), u.syncDir)
}

func (u *unsynced) syncDir(path string) error {
	fd, _, err := u.root.openDir(path)
	if Unreachable(err) {
		return nil // it went later, which is a change of its own directory
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return fsync(path, fd)
}

func (u *unsynced) syncDevices() error {
	var errs []error
	for _, fd := range u.devices {
		if err := unix.Syncfs(fd); err != nil {
			errs = append(errs, fmt.Errorf("sync file system below %s: %w", u.root.name, err))
		}
	}
	return errors.Join(errs...)
}

func fsync(path string, fd int) error {
	err := unix.Fsync(fd)
	if err == unix.EINVAL || err == unix.EROFS { // nothing there to be synced
		return nil
	}
	if err != nil {
		return &fs.PathError{Op: "sync", Path: path, Err: err}
	}
	return nil
}

func (u *unsynced) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, f := range u.files {
		f.close()
	}
	for _, fd := range u.devices {
		unix.Close(fd)
	}
	u.files, u.devices = nil, nil
}
