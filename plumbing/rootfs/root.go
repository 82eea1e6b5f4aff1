// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Options are how a root is written.
type Options struct {
	// FsyncAtMost is how many files and directories are made durable one by
	// one; when there are more, their whole file systems are. 0 is 16.
	FsyncAtMost int
}

// A Root is a file system tree that is managed. Its methods may be called
// concurrently.
type Root struct {
	name    string
	fd      int
	options Options
	// careful resolves without openat2, as on kernels before 5.6.
	careful bool
	// plain renames without flags, as on file systems that know none.
	plain bool
}

// Info is what lstat(2) says of an inode.
type Info = unix.Stat_t

// Open opens the directory dir as a root. The root is that very directory,
// even if dir is renamed later.
func Open(dir string, o Options) (*Root, error) {
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open root", Path: dir, Err: err}
	}
	if o.FsyncAtMost == 0 {
		o.FsyncAtMost = 16
	}
	return &Root{name: dir, fd: fd, options: o}, nil
}

// Close releases the root. Directories opened in it stay open.
func (r *Root) Close() error {
	if err := unix.Close(r.fd); err != nil {
		return fmt.Errorf("close root %s: %w", r.name, err)
	}
	return nil
}

// Name returns the directory as it was given to Open.
func (r *Root) Name() string { return r.name }
