// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"context"
	"errors"
	"fmt"
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
	if err != nil || len(dead) == 0 {
		return err
	}
	// What they have brought into the held set before they died counts.
	if err := s.reload(); err != nil {
		return err
	}
	keeps, err := filepath.Glob(filepath.Join(globEscape(s.packDir), "*.keep"))
	if err != nil {
		return fmt.Errorf("look for packs: %w", err)
	}
	for _, keep := range keeps {
		kind, writer, pending := pendingOf(keep)
		if !pending || !dead[writer] {
			continue
		}
		base := strings.TrimSuffix(keep, ".keep")
		switch _, err := os.Stat(base + ".idx"); {
		case err != nil: // killed before the pack was in its place
			err = removePack(base)
			if err != nil {
				return err
			}
		case kind == pendingObjects:
			err = releaseObjects(packfile.Pack{Path: base + ".pack"})
			if err != nil {
				return err
			}
		default:
			if err := chunks(ctx, base); err != nil {
				return err
			}
		}
	}
	release()
	return nil
}

func (s *Store) sweepSpool() error {
	if _, err := os.Stat(s.spool); err != nil {
		return nil
	}
	if err := errors.Join(packfile.Sweep(s.spool), spool.Sweep(s.spool)); err != nil {
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
	if err := os.MkdirAll(s.spool, 0o777); err != nil {
		return fmt.Errorf("hold chunks: %w", err)
	}
	b, err := s.begin()
	if err != nil {
		return err
	}
	defer b.Abort()
	if err := b.hold(ctx, ids); err != nil {
		return err
	}
	for _, base := range bases {
		if err := s.settleChunks(base + ".keep"); err != nil {
			return err
		}
	}
	return b.Settle()
}

// discard removes a finished chunk pack, unless some of it is held.
func (s *Store) discard(ctx context.Context, base string) error {
	ids, err := packIDs(base)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if held, err := s.Has(ctx, id); err != nil || held {
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
