// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/lockfile"
	"github.com/git-devops/git-devops/plumbing/packfile"
)

// ErrBusy says that another gc is at work in the repository.
var ErrBusy = errors.New("another gc is running in this repository")

const (
	// A pack of which less than this part is live is written anew.
	liveShare = 0.5
	// Packs smaller than this are put together once there are so many.
	smallPack  = 64 << 20
	smallPacks = 8
	// How long to wait before looking again whether another gc has ended.
	gcPause = 20 * time.Millisecond
)

// GCOptions say what gc does.
type GCOptions struct {
	DryRun bool
	// Needed calls fn for every chunk that a manifest of the repository
	// names. Chunks that are there and needed but not held, as in a clone
	// that shares its origin's packs, become held instead of being cleared,
	// unless chunks were ever dropped here: then these may be such.
	Needed   func(ctx context.Context, fn func(chunkstore.ID) error) error
	Progress func(n int64) // told the number of bytes just copied
}

// GCResult says what gc did, or with DryRun would do.
type GCResult struct {
	Packs    int   `json:"packs"`    // chunk packs looked at
	Removed  int   `json:"removed"`  // packs removed
	Repacked int   `json:"repacked"` // packs of those whose live chunks were written anew
	Adopted  int   `json:"adopted"`  // chunks that became held
	Freed    int64 `json:"freed"`    // bytes
}

// GC clears what abandoned writers left, removes chunk packs that the held set
// does not need, and rewrites those of which little is live. Packs of running
// writers, and chunks that are held or that someone is about to drop, are not
// touched.
//
// It returns ErrBusy when another gc is running.
func (s *Store) GC(ctx context.Context, o GCOptions) (GCResult, error) {
	var result GCResult
	unlock, err := s.lockGC()
	if err != nil {
		return result, err
	}
	defer unlock()
	if !o.DryRun {
		if err := s.repo.ClearDead(ctx, HeldRef); err != nil {
			return result, fmt.Errorf("gc: %w", err)
		}
		if err := s.takeUp(ctx, s.discard); err != nil {
			return result, err
		}
		if err := errors.Join(s.settleUnknown(ctx), s.clearRemoved()); err != nil {
			return result, err
		}
	}
	packs, err := s.settledPacks() // before the held set is read: see Commit
	if err != nil {
		return result, err
	}
	result.Packs = len(packs)
	if err := s.reload(); err != nil {
		return result, err
	}
	adopted, err := s.adoptNeeded(ctx, packs, o)
	if err != nil {
		return result, err
	}
	result.Adopted = len(adopted)
	return result, s.repack(ctx, packs, adopted, o, &result)
}

func (s *Store) lockGC() (unlock func(), err error) {
	if err := os.MkdirAll(s.spool, 0o777); err != nil {
		return nil, fmt.Errorf("gc: %w", err)
	}
	unlock, err = lockfile.Try(filepath.Join(s.private, "gc.lock"))
	if errors.Is(err, lockfile.ErrLocked) {
		return nil, ErrBusy
	}
	if err != nil {
		return nil, fmt.Errorf("gc: %w", err)
	}
	return unlock, nil
}

// waitGC is lockGC that waits for another gc to end.
func (s *Store) waitGC(ctx context.Context) (unlock func(), err error) {
	for {
		unlock, err := s.lockGC()
		if !errors.Is(err, ErrBusy) {
			return unlock, err
		}
		select {
		case <-time.After(gcPause):
		case <-ctx.Done():
			return nil, errors.Join(ErrBusy, ctx.Err())
		}
	}
}

// A chunkPack is a settled chunk pack and what of it is live.
type chunkPack struct {
	base   string // path without extension
	reader *packfile.Reader
	live   []int // index positions of chunks that no earlier pack has, held
	size   int64 // bytes of the .pack
}

// settledPacks lists the chunk packs nobody is writing, largest first, so that
// of two copies of a chunk the one in the larger pack is the live one.
func (s *Store) settledPacks() ([]*chunkPack, error) {
	open, broken, err := s.packs.all()
	if err != nil {
		return nil, err
	}
	for idx, err := range broken {
		return nil, fmt.Errorf("gc: pack of %s: %w", idx, err)
	}
	var packs []*chunkPack
	for idx, reader := range open {
		base := strings.TrimSuffix(idx, ".idx")
		if !isChunkPack(base + ".keep") {
			continue
		}
		fi, err := os.Stat(base + ".pack")
		if err != nil {
			return nil, fmt.Errorf("gc: %w", err)
		}
		packs = append(packs, &chunkPack{base: base, reader: reader, size: fi.Size()})
	}
	slices.SortFunc(packs, func(a, b *chunkPack) int {
		if a.size != b.size {
			return int(b.size - a.size)
		}
		return strings.Compare(a.base, b.base)
	})
	return packs, nil
}

// adoptNeeded makes chunks held that are there and needed, and returns them.
func (s *Store) adoptNeeded(ctx context.Context, packs []*chunkPack, o GCOptions) ([]chunkstore.ID, error) {
	if o.Needed == nil || s.HasDropped() {
		return nil, nil
	}
	loose, err := s.notHeld(ctx, packs)
	if err != nil || len(loose) == 0 {
		return nil, err
	}
	var adopt []chunkstore.ID
	err = o.Needed(ctx, func(id chunkstore.ID) error {
		if loose[id] {
			delete(loose, id)
			adopt = append(adopt, id)
		}
		return nil
	})
	if err != nil || o.DryRun || len(adopt) == 0 {
		return adopt, err
	}
	return adopt, s.Hold(ctx, adopt)
}

func (s *Store) notHeld(ctx context.Context, packs []*chunkPack) (map[chunkstore.ID]bool, error) {
	loose := map[chunkstore.ID]bool{}
	for _, p := range packs {
		for i := range p.reader.Index.Len() {
			id, _, _ := p.reader.Index.At(i)
			held, err := s.Has(ctx, id)
			if err != nil {
				return nil, err
			}
			if !held {
				loose[id] = true
			}
		}
	}
	return loose, nil
}

// Adopt makes chunks held that are in a chunk pack here and that needed names,
// and returns how many. A clone made with hard links has such chunks. Where
// chunks were ever dropped it does nothing.
func (s *Store) Adopt(ctx context.Context, needed func(ctx context.Context, fn func(chunkstore.ID) error) error) (int, error) {
	unlock, err := s.lockGC()
	if err != nil {
		return 0, err
	}
	defer unlock()
	if err := s.settleUnknown(ctx); err != nil {
		return 0, err
	}
	packs, err := s.settledPacks()
	if err != nil {
		return 0, err
	}
	adopted, err := s.adoptNeeded(ctx, packs, GCOptions{Needed: needed})
	return len(adopted), err
}
