// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// A writer is a process that has packs which nothing names yet. It lives as
// long as the lock on its file in the writers directory is held.
type writer struct {
	file *os.File
	name string
}

// newWriter announces a writer.
func newWriter(dir string) (*writer, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("announce writer: %w", err)
	}
	for {
		f, err := os.CreateTemp(dir, "writer-*")
		if err != nil {
			return nil, fmt.Errorf("announce writer: %w", err)
		}
		// Someone who clears up may lock and remove it before we lock it.
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err == nil && names(f.Name(), f) {
			return &writer{file: f, name: filepath.Base(f.Name())}, nil
		}
		_ = f.Close()
	}
}

// names tells whether path still leads to f.
func names(path string, f *os.File) bool {
	a, errA := os.Stat(path)
	b, errB := f.Stat()
	return errA == nil && errB == nil && os.SameFile(a, b)
}

// keep is the content of the .keep file of one of its packs.
func (w *writer) keep(kind string) string { return kind + w.name + "\n" }

// leave withdraws the announcement. Unless all its packs are settled, the file
// stays, unlocked: the next run finds a dead writer.
func (w *writer) leave(settled bool) {
	if settled {
		_ = os.Remove(w.file.Name())
	}
	_ = w.file.Close()
}

// deadWriters returns the names of the writers that died or gave up, each
// locked by us until release is called, which forgets them when nothing is
// left of them.
func deadWriters(dir string) (names map[string]bool, release func(done bool), err error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("look for writers: %w", err)
	}
	names = map[string]bool{}
	var files []*os.File
	for _, e := range entries {
		f, err := os.OpenFile(filepath.Join(dir, e.Name()), os.O_RDWR, 0)
		if err != nil {
			continue
		}
		if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil {
			_ = f.Close()
			continue
		}
		names[e.Name()] = true
		files = append(files, f)
	}
	release = func(done bool) {
		for _, f := range files {
			if done {
				_ = os.Remove(f.Name())
			}
			_ = f.Close()
		}
	}
	return names, release, nil
}
