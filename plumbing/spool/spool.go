// SPDX-License-Identifier: Apache-2.0

// Package spool makes temporary files that tell by a kernel lock whether the
// process that writes them lives, so that the next one can clear away those
// of the dead. Invariant: a file whose writer lives is never removed.
package spool

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// prefix begins the names of our temporary files; Sweep takes no others.
const prefix = "git-devops-tmp-"

// Create creates an empty file in dir, with permissions perm less the umask,
// and locks it. The kernel drops the lock when the process dies, which is how
// Sweep tells the living from the dead. Whoever creates a file renames it or
// calls Drop.
func Create(dir string, perm fs.FileMode) (*os.File, error) {
	for {
		f, err := os.OpenFile(newName(dir), os.O_RDWR|os.O_CREATE|os.O_EXCL, perm)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		ok, err := lock(f)
		if err != nil {
			os.Remove(f.Name())
		}
		if ok {
			return f, nil
		}
		f.Close()
		if err != nil {
			return nil, err
		}
	}
}

// Drop closes f, and removes it unless it was renamed.
func Drop(f *os.File) {
	if same, err := sameFile(f); same && err == nil {
		os.Remove(f.Name())
	}
	f.Close()
}

func newName(dir string) string {
	var r [12]byte
	rand.Read(r[:])
	return filepath.Join(dir, prefix+hex.EncodeToString(r[:]))
}

// lock locks f and reports whether its name still leads to it: between
// creating and locking, Sweep may have taken it for a dead writer's.
func lock(f *os.File) (bool, error) {
	err := flock(f, unix.LOCK_EX)
	if err != nil {
		return false, err
	}
	return sameFile(f)
}

// flock retries when a signal interrupts the wait.
func flock(f *os.File, how int) error {
	for {
		err := unix.Flock(int(f.Fd()), how)
		if err == nil {
			return nil
		}
		if err != unix.EINTR {
			return &fs.PathError{Op: "flock", Path: f.Name(), Err: err}
		}
	}
}

// sameFile reports whether f's name still leads to f.
func sameFile(f *os.File) (bool, error) {
	open, err := f.Stat()
	if err != nil {
		return false, err
	}
	named, err := os.Lstat(f.Name())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return os.SameFile(open, named), nil
}

// Sweep removes from dir the files whose writers did not live to rename or drop
// them. It never touches a living writer's files, so it
// may run at any time. A directory that does not exist is clean.
func Sweep(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("sweep %s: %w", dir, err)
	}
	var errs []error
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) && e.Type().IsRegular() {
			errs = append(errs, sweepOne(filepath.Join(dir, e.Name())))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("sweep %s: %w", dir, err)
	}
	return nil
}

// sweepOne removes the file unless its writer lives. The lock is held while
// the name goes, so that a writer who locks it afterwards sees that it went.
func sweepOne(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	err = flock(f, unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil
	}
	if err != nil {
		return err
	}
	same, err := sameFile(f)
	if err != nil || !same {
		return err
	}
	return os.Remove(path)
}

// SyncDir makes durable which files a directory has.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
