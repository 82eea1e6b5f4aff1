// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
	"github.com/git-devops/git-devops/plumbing/spool"
)

// takeUp takes up what dead writers have left: temporary files go, packs of
// objects become git's, and each finished chunk pack is given to chunks by its
// path without extension.
func (s *Store) takeUp(ctx context.Context, chunks func(ctx context.Context, base string) error) error {
	if err := s.sweepSpool(); err != nil {
		return err
	}
	dead, release, err := deadWriters(s.writers)
	if err != nil {
		return err
	}
	if len(dead) > 0 {
		// What they have brought into the held set before they died counts.
		if err = s.reload(); err == nil {
			err = s.eachPending(func(p pending) error {
				if !dead[p.writer] {
					return nil
				}
				return s.takeUpPack(ctx, p, chunks)
			})
		}
	}
	release(err == nil)
	return err
}

// A pending pack is one whose .keep names a writer.
type pending struct {
	kind, writer string
	base         string // path without extension
}

func (s *Store) eachPending(fn func(pending) error) error {
	keeps, err := filepath.Glob(filepath.Join(globEscape(s.packDir), "*.keep"))
	if err != nil {
		return fmt.Errorf("look for packs: %w", err)
	}
	for _, keep := range keeps {
		if kind, writer, ok := pendingOf(keep); ok {
			if err := fn(pending{kind, writer, strings.TrimSuffix(keep, ".keep")}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Store) takeUpPack(ctx context.Context, p pending, chunks func(ctx context.Context, base string) error) error {
	_, err := os.Stat(p.base + ".idx")
	switch {
	case errors.Is(err, fs.ErrNotExist): // killed before the pack was in its place
		return removePack(p.base)
	case err != nil:
		return fmt.Errorf("take up pack: %w", err)
	case p.kind == pendingObjects:
		return releaseObjects(packfile.Pack{Path: p.base + ".pack"})
	}
	return chunks(ctx, p.base)
}

// settleUnknown settles the packs of writers that are not known here, as a
// copy of another repository's objects has them. A writer is known until its
// packs are settled.
func (s *Store) settleUnknown(ctx context.Context) error {
	return s.eachPending(func(p pending) error {
		if _, err := os.Lstat(filepath.Join(s.writers, p.writer)); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if _, writer, ok := pendingOf(p.base + ".keep"); !ok || writer != p.writer {
			return nil // settled meanwhile
		}
		return s.takeUpPack(ctx, p, func(_ context.Context, base string) error {
			return s.settleChunks(base + ".keep")
		})
	})
}

func (s *Store) sweepSpool() error {
	if _, err := os.Stat(s.spool); err != nil {
		return nil
	}
	if err := spool.Sweep(s.spool); err != nil {
		return fmt.Errorf("clear spool: %w", err)
	}
	return nil
}

// adopt adds the chunks of a finished pack to the held set.
func (s *Store) adopt(ctx context.Context, base string) error {
	ids, err := packIDs(base)
	if err != nil {
		return err
	}
	return s.Hold(ctx, ids, base)
}

// Hold adds chunks that lie in durable packs to the held set, and settles the
// chunk packs whose paths without extension are given.
func (s *Store) Hold(ctx context.Context, ids []chunkstore.ID, bases ...string) error {
	return s.withBatch(func(b *Batch) error {
		if err := b.hold(ctx, ids); err != nil {
			return err
		}
		for _, base := range bases {
			if err := s.settleChunks(base + ".keep"); err != nil {
				return err
			}
		}
		return nil
	})
}

// discard removes a finished chunk pack, unless some of it is live.
func (s *Store) discard(ctx context.Context, base string) error {
	ids, err := packIDs(base)
	if err != nil {
		return err
	}
	live, err := s.liveSet()
	if err != nil {
		return err
	}
	for _, id := range ids {
		if is, err := live.has(ctx, id); err != nil || is {
			if err != nil {
				return err
			}
			return s.settleChunks(base + ".keep")
		}
	}
	s.packs.forget(base + ".idx")
	return removePack(base)
}

func packIDs(base string) ([]chunkstore.ID, error) {
	x, err := packfile.OpenIndex(base + ".idx")
	if err != nil {
		return nil, err
	}
	ids := make([]chunkstore.ID, x.Len())
	for i := range ids {
		ids[i], _, _ = x.At(i)
	}
	return ids, nil
}
