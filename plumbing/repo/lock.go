// SPDX-License-Identifier: Apache-2.0

package repo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// replacement replaces one file that git guards with <target>.lock, so that no
// kill leaves a lock that the next replacement does not clear: the lock is a
// hard link to the staged file, which nobody else's lock can be, and only who
// holds the kernel's lock on flock stages. Steps:
//
//	flock, clear what a dead one left, write and fsync the staged file,
//	link it to <target>.lock, look whether the target is as expected,
//	rename <target>.lock over the target, fsync the directory, unlink staged.
type replacement struct {
	target string
	staged string // on the file system of target
	flock  string
	wait   time.Duration // for another program's <target>.lock
}

func (p replacement) lock() string { return p.target + ".lock" }

// begin takes the kernel lock, waiting for as long as ctx lasts, and clears
// what a dead process left. Closing the file gives the lock up.
func (p replacement) begin(ctx context.Context) (*os.File, error) {
	for _, path := range []string{p.flock, p.staged, p.target} {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return nil, err
		}
	}
	f, err := os.OpenFile(p.flock, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	if err := waitFlock(ctx, f); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", p.flock, err)
	}
	if err := p.clear(); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func waitFlock(ctx context.Context, f *os.File) error {
	var pause backoff
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err != unix.EWOULDBLOCK && err != unix.EINTR {
			return err
		}
		if err := pause.sleep(ctx); err != nil {
			return err
		}
	}
}

// clear removes the staged file, and before it the lock when that is a link to
// it. It is called with the kernel lock held, so whoever staged it is dead or
// the caller.
func (p replacement) clear() error {
	staged, err := os.Lstat(p.staged)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if lock, err := os.Lstat(p.lock()); err == nil && os.SameFile(staged, lock) {
		if err := os.Remove(p.lock()); err != nil {
			return err
		}
	}
	// Who edits the staged file may have been killed with a lock on that.
	if err := os.Remove(p.staged + ".lock"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Remove(p.staged)
}

// clearDead removes what a dead process left, when it left something.
func (p replacement) clearDead(ctx context.Context) error {
	if _, err := os.Lstat(p.staged); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	guard, err := p.begin(ctx)
	if err != nil {
		return fmt.Errorf("clear %s: %w", p.staged, err)
	}
	return guard.Close()
}

// stage writes the staged file and fsyncs it.
func (p replacement) stage(content []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(p.staged, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil && mode != 0 {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// publish puts the staged file in the target's place, unless expected, which
// is called under git's lock, fails. Neither the lock nor the staged file is
// left; what cannot be removed of them the next replacement clears.
//
// With ErrNotSynced the target is replaced.
func (p replacement) publish(ctx context.Context, expected func() error) error {
	err := p.takeLock(ctx)
	if err == nil {
		err = expected()
	}
	if err == nil {
		err = os.Rename(p.lock(), p.target)
	}
	if err != nil {
		return errors.Join(err, p.clear())
	}
	_ = p.clear()
	if err := syncDir(filepath.Dir(p.target)); err != nil {
		return fmt.Errorf("%w: %w", ErrNotSynced, err)
	}
	return nil
}

func (p replacement) takeLock(ctx context.Context) error {
	var pause backoff
	deadline := time.Now().Add(p.wait)
	for {
		err := os.Link(p.staged, p.lock())
		switch late := time.Now().After(deadline); {
		case errors.Is(err, fs.ErrNotExist) && !late:
			// git pack-refs removes directories that it leaves empty.
			if err := os.MkdirAll(filepath.Dir(p.target), 0o777); err != nil {
				return err
			}
		case !errors.Is(err, fs.ErrExist):
			return err
		case late:
			return fmt.Errorf("%w: %s exists", ErrBusy, p.lock())
		}
		if err := pause.sleep(ctx); err != nil {
			return err
		}
	}
}

func syncDir(path string) error { return syncFile(path) }

// syncFile makes the file durable that path leads to now.
func syncFile(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// backoff waits a little longer each time, up to 50 ms.
type backoff struct{ next time.Duration }

func (b *backoff) sleep(ctx context.Context) error {
	b.next = min(max(2*b.next, time.Millisecond), 50*time.Millisecond)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(b.next):
		return nil
	}
}
