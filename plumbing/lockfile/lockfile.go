// SPDX-License-Identifier: Apache-2.0

// Package lockfile keeps other processes out by the kernel's lock on a file
// that has a name for just that. The living hold it: it ends with the process.
// The file stays, empty; that it is there says nothing.
package lockfile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// ErrLocked says that someone else has the lock.
var ErrLocked = errors.New("it is locked")

// pause is how long Wait waits before it tries again.
const pause = 2 * time.Millisecond

// Try takes the lock on the file, which it creates, with its directory, where
// it is not there. While someone else has it the error is ErrLocked; others
// name the path.
func Try(path string) (unlock func(), err error) {
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	return try(f)
}

// Wait is Try that waits until it has the lock or ctx is done.
func Wait(ctx context.Context, path string) (unlock func(), err error) {
	for {
		unlock, err := Try(path)
		if err != ErrLocked {
			return unlock, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func open(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if errors.Is(err, os.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return nil, err
		}
		f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	}
	return f, err
}

func try(f *os.File) (unlock func(), err error) {
	for {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err != unix.EINTR {
			break
		}
	}
	switch err {
	case nil:
		return func() { _ = f.Close() }, nil
	case unix.EWOULDBLOCK:
		err = ErrLocked
	default:
		err = &os.PathError{Op: "lock", Path: f.Name(), Err: err}
	}
	_ = f.Close()
	return nil, err
}
