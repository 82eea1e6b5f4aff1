// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/node"
)

// A Dir is an open directory. It stays the same directory when it is moved. Its
// methods take names in it, never paths, follow no links, and may be called
// concurrently. Their errors name the whole path.
type Dir struct {
	fd   int
	path string
}

// OpenDir opens a directory; safe symbolic links on the way there are followed,
// also the last.
func (r *Root) OpenDir(path string) (*Dir, error) {
	if err := node.CheckPath(path); err != nil {
		return nil, err
	}
	fd, real, err := r.openDir(path)
	if err != nil {
		return nil, err
	}
	return &Dir{fd, real}, nil
}

// Path is where the directory was found, without symbolic links.
func (d *Dir) Path() string { return d.path }

// Close releases the directory.
func (d *Dir) Close() error { return unix.Close(d.fd) }

// Unsafe says why others than root may put names here, "" when they may not.
func (d *Dir) Unsafe() (why string, err error) {
	var st Info
	if err := unix.Fstat(d.fd, &st); err != nil {
		return "", d.failed("stat", ".", err)
	}
	return unsafeToLink(&st), nil
}

// OpenDir opens the directory name, which must be a real one.
func (d *Dir) OpenDir(name string) (*Dir, error) {
	fd, err := unix.Openat(d.fd, name, openDirFlags, 0)
	if err != nil {
		return nil, d.failed("open directory", name, err)
	}
	return &Dir{fd, node.JoinPath(d.path, name)}, nil
}

// Lstat fills in st. Nothing there is fs.ErrNotExist.
func (d *Dir) Lstat(name string, st *unix.Stat_t) error {
	if err := unix.Fstatat(d.fd, name, st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return d.failed("lstat", name, err)
	}
	return nil
}

// Statfs says what file system the directory is on.
func (d *Dir) Statfs(st *unix.Statfs_t) error {
	if err := unix.Fstatfs(d.fd, st); err != nil {
		return d.failed("statfs", ".", err)
	}
	return nil
}

// Names lists what is in the directory, sorted by bytes.
func (d *Dir) Names() ([]string, error) {
	// An own handle, because the place in a listing belongs to the handle.
	fd, err := unix.Openat(d.fd, ".", openDirFlags, 0)
	if err != nil {
		return nil, d.failed("open directory", ".", err)
	}
	f := os.NewFile(uintptr(fd), d.path)
	names, err := f.Readdirnames(-1)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("list %s: %w", d.path, err)
	}
	slices.Sort(names)
	return names, nil
}

// OpenFile opens a regular file for reading, ErrNotRegular for all else. It
// never blocks, and leaves the time of the last access alone where it may.
func (d *Dir) OpenFile(name string) (*os.File, error) {
	fd, err := openRegular(d.fd, name)
	if err != nil {
		return nil, d.failed("open", name, err)
	}
	return os.NewFile(uintptr(fd), node.JoinPath(d.path, name)), nil
}

func openRegular(dir int, name string) (int, error) {
	var st Info
	if err := unix.Fstatat(dir, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return -1, err
	}
	// To open some devices is to start something.
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return -1, ErrNotRegular
	}
	return openSeen(dir, name, &st)
}

// openSeen opens what lstat has said to be a regular file, and makes sure.
func openSeen(dir int, name string, st *Info) (int, error) {
	const flags = unix.O_RDONLY | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_NOCTTY | unix.O_CLOEXEC
	fd, err := unix.Openat(dir, name, flags|unix.O_NOATIME, 0)
	if err == unix.EPERM {
		fd, err = unix.Openat(dir, name, flags, 0)
	}
	switch err {
	case nil:
	case unix.ELOOP, unix.ENXIO:
		return -1, ErrNotRegular
	default:
		return -1, err
	}
	err = unix.Fstat(fd, st)
	if err == nil && st.Mode&unix.S_IFMT != unix.S_IFREG {
		err = ErrNotRegular
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// Readlink returns where the symbolic link name points to.
func (d *Dir) Readlink(name string) (string, error) {
	target, err := readlinkat(d.fd, name)
	if err != nil {
		return "", d.failed("readlink", name, err)
	}
	return target, nil
}

func readlinkat(dir int, name string) (string, error) {
	buf := make([]byte, node.MaxPath+1)
	n, err := unix.Readlinkat(dir, name, buf)
	if err != nil {
		return "", err
	}
	return string(buf[:n]), nil
}

func typeOf(info *Info) node.Type { return node.TypeOf(info.Mode) }

func (d *Dir) failed(op, name string, err error) error {
	return &fs.PathError{Op: op, Path: node.JoinPath(d.path, name), Err: err}
}

var _ io.Closer = (*Dir)(nil)
