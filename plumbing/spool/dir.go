// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// CreateDir creates a directory that only this user can enter in parent, which
// others may write to, and locks it as Create does a file. First it removes
// there those of this user whose makers did not live to drop them. Whoever
// creates one calls DropDir.
func CreateDir(parent string) (*os.File, error) {
	sweepDirs(parent)
	for {
		d, err := makeDir(newName(parent))
		if d != nil || err != nil {
			return d, err
		}
	}
}

// makeDir returns nil when the directory was taken for a dead maker's before it
// was locked.
func makeDir(path string) (*os.File, error) {
	if err := os.Mkdir(path, 0o700); err != nil {
		return nil, err
	}
	d, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, errors.Join(err, os.Remove(path))
	}
	ok, err := lock(d)
	if ok {
		return d, nil
	}
	if err != nil {
		err = errors.Join(err, os.Remove(path))
	}
	return nil, errors.Join(err, d.Close())
}

// DropDir removes d with all that it has, and closes it. What cannot be removed
// is left to the next CreateDir.
func DropDir(d *os.File) {
	_ = os.RemoveAll(d.Name())
	_ = d.Close()
}

// sweepDirs removes what it can: it is no reason to fail that another cannot be
// cleared away.
func sweepDirs(parent string) {
	entries, _ := os.ReadDir(parent)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) && e.IsDir() {
			sweepDir(filepath.Join(parent, e.Name()))
		}
	}
}

func sweepDir(path string) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	d := os.NewFile(uintptr(fd), path)
	defer d.Close()
	if !isMine(d) || flock(d, unix.LOCK_EX|unix.LOCK_NB) != nil {
		return
	}
	if same, err := sameFile(d); same && err == nil {
		_ = os.RemoveAll(path)
	}
}

func isMine(f *os.File) bool {
	info, err := f.Stat()
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}
