// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/spool"
)

// Drop takes chunks out of the held set, durably; those that are not in it do
// not matter. Their content stays until gc. It makes sure of nothing:
// package copies decides what may be dropped.
func (s *Store) Drop(ctx context.Context, ids []chunkstore.ID) error {
	if err := s.markDropped(); err != nil {
		return fmt.Errorf("drop chunks: %w", err)
	}
	return s.withBatch(func(b *Batch) error {
		return b.alter(ctx, "drop", func(*chunkstore.Held) (add, remove []chunkstore.ID, err error) {
			return nil, ids, nil
		})
	})
}

// Restore undoes Drop for those of the chunks whose content is still here, and
// returns the others. It waits until no gc is running.
func (s *Store) Restore(ctx context.Context, ids []chunkstore.ID) (gone []chunkstore.ID, err error) {
	unlock, err := s.waitGC(ctx)
	if err != nil {
		return nil, fmt.Errorf("hold chunks again: %w", err)
	}
	defer unlock()
	here, err := s.here(ids)
	if err != nil {
		return nil, err
	}
	var back []chunkstore.ID
	for i, id := range ids {
		if here[i] {
			back = append(back, id)
		} else {
			gone = append(gone, id)
		}
	}
	return gone, s.Hold(ctx, back)
}

// Holding reports for each of ids whether this repository can answer for it:
// the held set as it is now names it, and its content is in the repository's
// own object directory. The content is not read.
func (s *Store) Holding(ctx context.Context, ids []chunkstore.ID) ([]bool, error) {
	if err := s.reload(); err != nil {
		return nil, err
	}
	holding, err := s.here(ids)
	if err != nil {
		return nil, err
	}
	for i, id := range ids {
		if !holding[i] {
			continue
		}
		if holding[i], err = s.Has(ctx, id); err != nil {
			return nil, err
		}
	}
	return holding, nil
}

// here reports for each of ids whether its content is in our own object
// directory. Alternates do not count: what is there is another's copy.
func (s *Store) here(ids []chunkstore.ID) ([]bool, error) {
	open, _, err := s.packs.all()
	if err != nil {
		return nil, err
	}
	for idx := range open { // a pack that gc has removed can still be read
		if _, err := os.Lstat(idx); err != nil {
			delete(open, idx)
		}
	}
	alone, err := s.alone()
	if err != nil {
		return nil, err
	}
	here := make([]bool, len(ids))
	for i, id := range ids {
		for _, p := range open {
			if _, here[i] = p.Index.Find(id); here[i] {
				break
			}
		}
		if !here[i] && alone {
			if here[i], err = s.repo.Has(id); err != nil {
				return nil, err
			}
		}
	}
	return here, nil
}

// alone tells whether the repository has no alternates.
func (s *Store) alone() (bool, error) {
	fi, err := os.Stat(filepath.Join(s.repo.ObjectsDir(), "info", "alternates"))
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for alternates: %w", err)
	}
	return fi.Size() == 0, nil
}

// Writing tells whether someone is bringing chunks into the repository, of
// which a manifest that nothing names yet may tell.
func (s *Store) Writing() (bool, error) {
	entries, err := os.ReadDir(s.writers)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("look for writers: %w", err)
	}
	dead, release, err := deadWriters(s.writers)
	if err != nil {
		return false, err
	}
	release(false)
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		if dead[e.Name()] {
			return false
		}
		_, err := os.Lstat(filepath.Join(s.writers, e.Name()))
		return err == nil
	}), nil
}

// droppedMark is there once chunks were dropped: from then on a chunk that lies
// here, needed and not held, may be one of them, and is not adopted.
func (s *Store) droppedMark() string { return filepath.Join(s.private, "dropped") }

// HasDropped tells whether chunks were ever dropped here on purpose, so that
// what is absent is perhaps meant to be.
func (s *Store) HasDropped() bool {
	_, err := os.Lstat(s.droppedMark())
	return err == nil
}

func (s *Store) markDropped() error {
	if s.HasDropped() {
		return nil
	}
	if err := os.MkdirAll(s.private, 0o777); err != nil {
		return err
	}
	f, err := os.OpenFile(s.droppedMark(), os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), spool.SyncDir(s.private))
}

// withBatch runs fn with a batch of its own, which writes held trees.
func (s *Store) withBatch(fn func(*Batch) error) error {
	if err := os.MkdirAll(s.spool, 0o777); err != nil {
		return fmt.Errorf("write held set: %w", err)
	}
	b, err := s.begin()
	if err != nil {
		return err
	}
	defer b.Abort()
	if err := fn(b); err != nil {
		return err
	}
	return b.Settle()
}
