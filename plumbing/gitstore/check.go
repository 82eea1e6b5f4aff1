// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/git-devops/git-devops/chunkstore"
)

// Damage is something that Check found.
type Damage struct {
	ID   chunkstore.ID // the chunk, zero when a whole pack is meant
	Path string        // the pack, or ""
	Err  error         // a *chunkstore.MissingError for an absent chunk
}

// CheckOptions say how thoroughly Check looks.
type CheckOptions struct {
	// Quick looks whether each chunk is there, and does not read it.
	Quick    bool
	Progress func(n int64) // told the number of bytes just read
}

// Check verifies every chunk pack and every chunk of the held set, and calls
// report for each damage. It returns an error when it could not go on.
func (s *Store) Check(ctx context.Context, o CheckOptions, report func(Damage)) error {
	var mu sync.Mutex
	locked := func(d Damage) {
		mu.Lock()
		defer mu.Unlock()
		report(d)
	}
	if err := s.checkPacks(ctx, o, locked); err != nil {
		return err
	}
	return s.checkChunks(ctx, o, locked)
}

func (s *Store) checkPacks(ctx context.Context, o CheckOptions, report func(Damage)) error {
	packs, broken, err := s.packs.all()
	if err != nil {
		return err
	}
	for idx, err := range broken {
		report(Damage{Path: idx, Err: err})
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for idx, p := range packs {
		if err := p.Index.VerifyChecksum(); err != nil {
			report(Damage{Path: idx, Err: err})
		}
		if o.Quick {
			continue
		}
		group.Go(func() error {
			if err := p.VerifyPack(ctx, nil); err != nil && ctx.Err() == nil {
				report(Damage{Path: p.Path(), Err: err})
			}
			return ctx.Err()
		})
	}
	return group.Wait()
}

func (s *Store) checkChunks(ctx context.Context, o CheckOptions, report func(Damage)) error {
	ids := make(chan chunkstore.ID, 64)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(ids)
		return s.EachHeld(func(id chunkstore.ID) error {
			select {
			case ids <- id:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error {
			for id := range ids {
				n, err := s.checkChunk(ctx, id, o.Quick)
				if err := ctx.Err(); err != nil {
					return err
				}
				if err != nil {
					report(Damage{ID: id, Err: err})
				}
				if o.Progress != nil {
					o.Progress(n)
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// checkChunk returns the number of bytes it has read.
func (s *Store) checkChunk(ctx context.Context, id chunkstore.ID, quick bool) (int64, error) {
	if !quick {
		data, err := s.Get(ctx, id)
		return int64(len(data)), err
	}
	return 0, s.Present(id)
}

// Present returns nil when a chunk is there, held or not, without reading it;
// else a *chunkstore.MissingError or what stands in the way of finding out.
func (s *Store) Present(id chunkstore.ID) error {
	places, broken := s.packs.find(id)
	if len(places) > 0 {
		return nil
	}
	has, err := s.repo.Has(id)
	if err != nil || has {
		return err
	}
	return errors.Join(broken, &chunkstore.MissingError{ID: id})
}

// DiskUsage returns how many bytes the chunk packs take up, and how many there
// are.
func (s *Store) DiskUsage() (bytes int64, packs int, err error) {
	open, _, err := s.packs.all()
	for idx, p := range open {
		if ours(strings.TrimSuffix(idx, ".idx") + ".keep") {
			bytes += p.Size()
			packs++
		}
	}
	return bytes, packs, err
}
