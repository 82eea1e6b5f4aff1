// SPDX-License-Identifier: Apache-2.0

// Package known remembers which chunks other places had when they were last
// asked: stores, also while their disk lies on the shelf, and peers. Its
// invariant: a snapshot is read whole and as it was written, or not at all.
// It is a memory; what may be dropped is never decided by it.
//
// FORMAT.md specifies the files.
package known

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/lockfile"
	"github.com/git-devops/git-devops/plumbing/spool"
)

// Known is what a repository knows of other places. Its methods may be called
// from several goroutines and processes.
type Known struct{ dir string }

// Open returns what the repository with that common directory knows. Nothing
// is read or written.
func Open(commonDir string) *Known {
	return &Known{filepath.Join(commonDir, "devops", "known")}
}

// ErrTooMany says that a place has more chunks than a snapshot can tell.
var ErrTooMany = fmt.Errorf("more than %d chunks", MaxIDs)

// Save remembers that a peer has exactly these chunks, in any order.
func (k *Known) Save(place string, when time.Time, ids []chunkstore.ID) error {
	return k.SaveOf(place, [16]byte{}, when, ids)
}

// SaveOf is Save for a store with the id origin. It may return ErrTooMany.
func (k *Known) SaveOf(place string, origin [16]byte, when time.Time, ids []chunkstore.ID) error {
	return k.change(place, func(Snapshot) Snapshot {
		return Snapshot{When: when, Origin: origin, IDs: slices.Clone(ids)}
	})
}

// Update remembers that a place, asked now, was found to have added and not to
// have removed. Nothing is said of other chunks.
func (k *Known) Update(place string, added, removed []chunkstore.ID) error {
	return k.UpdateOf(place, [16]byte{}, added, removed)
}

// UpdateOf is Update for a store with the id origin. What another store had,
// which was at this place before, is forgotten.
func (k *Known) UpdateOf(place string, origin [16]byte, added, removed []chunkstore.ID) error {
	return k.change(place, func(s Snapshot) Snapshot {
		if s.Origin != origin {
			s = Snapshot{Origin: origin}
		}
		gone := make(map[chunkstore.ID]bool, len(removed))
		for _, id := range removed {
			gone[id] = true
		}
		s.IDs = append(slices.DeleteFunc(s.IDs, func(id chunkstore.ID) bool { return gone[id] }), added...)
		s.When = time.Now()
		return s
	})
}

// Load returns what a place had. The error is fs.ErrNotExist when it was never
// asked, or a *chunkstore.FormatError.
func (k *Known) Load(place string) (Snapshot, error) {
	if err := check(place); err != nil {
		return Snapshot{}, err
	}
	s, err := k.load(place)
	if err != nil {
		return Snapshot{}, fmt.Errorf("what is known of %s: %w", place, err)
	}
	return s, nil
}

func (k *Known) load(place string) (Snapshot, error) {
	f, err := os.Open(k.path(place))
	if err != nil {
		return Snapshot{}, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, headerLen+idLen*MaxIDs+64))
	if err != nil {
		return Snapshot{}, err
	}
	return parse(data)
}

// Forget removes what is known of a place.
func (k *Known) Forget(place string) error {
	if err := check(place); err != nil {
		return err
	}
	if err := os.Remove(k.path(place)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget %s: %w", place, err)
	}
	return nil
}

// Places returns the places that were asked, sorted.
func (k *Known) Places() ([]string, error) {
	entries, err := os.ReadDir(k.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list known places: %w", err)
	}
	var places []string
	for _, e := range entries {
		if place, ok := placeOf(e.Name()); ok && e.Type().IsRegular() {
			places = append(places, place)
		}
	}
	slices.Sort(places)
	return places, nil
}

func (k *Known) path(place string) string { return filepath.Join(k.dir, fileName(place)) }

// change replaces a snapshot by what fn makes of it, under the lock. One that
// cannot be read is as good as none.
func (k *Known) change(place string, fn func(Snapshot) Snapshot) error {
	if err := check(place); err != nil {
		return err
	}
	unlock, err := k.lock()
	if err != nil {
		return fmt.Errorf("remember %s: %w", place, err)
	}
	defer unlock()
	old, err := k.load(place)
	if err != nil {
		old = Snapshot{}
	}
	s := fn(old)
	s.IDs = chunkstore.SortedSet(s.IDs)
	s.When = time.Unix(min(max(0, s.When.Unix()), maxTime-1), 0)
	if len(s.IDs) > MaxIDs {
		return fmt.Errorf("remember %s: %w", place, ErrTooMany)
	}
	if err := k.replace(place, s.encode()); err != nil {
		return fmt.Errorf("remember %s: %w", place, err)
	}
	return nil
}

func (k *Known) lock() (unlock func(), err error) {
	return lockfile.Wait(context.Background(), filepath.Join(k.dir, ".lock"))
}

// Sweep clears away what killed processes have left, as every change does.
func (k *Known) Sweep() error { return spool.Sweep(k.dir) }

// replace writes a file in one step, durably, after clearing away what a
// killed one has left.
func (k *Known) replace(place string, data []byte) error {
	if err := spool.Sweep(k.dir); err != nil {
		return err
	}
	f, err := spool.Create(k.dir, 0o666)
	if err != nil {
		return err
	}
	defer spool.Drop(f)
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), k.path(place)); err != nil {
		return err
	}
	return spool.SyncDir(k.dir)
}
