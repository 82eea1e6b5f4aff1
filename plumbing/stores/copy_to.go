// SPDX-License-Identifier: Apache-2.0

package stores

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/git-devops/git-devops/chunkstore"
)

// CopyOptions say how chunks are copied.
type CopyOptions struct {
	DryRun bool
	// Begin is told how many chunks, and bytes of content, will be copied.
	Begin func(chunks int, bytes int64)
	// Progress is told the number of bytes of content just copied.
	Progress func(bytes int64)
}

// Copied says what a copy has done, or with DryRun would do.
type Copied struct {
	Chunks int   // copied
	Bytes  int64 // of content in them
	There  int   // were there already
	// Absent are the chunks that could not be had, with the reason; see
	// chunkstore.MissingError and CorruptError.
	Absent map[chunkstore.ID]error
}

const (
	// A part is what becomes durable together: an interrupted copy goes on
	// after the last part.
	partBytes  = 128 << 20
	partChunks = 512
	// memory bounds the chunks in flight: each is there as its content, as
	// what it was read from and as what is written.
	memory    = 64 << 20
	perByte   = 3
	writers   = 8
	haveAtOne = 1 << 14 // ids in one question
)

// CopyTo copies chunks that from has to the store, each once and only those
// that the store lacks. What is copied is durable, and remembered, when it
// returns, in part also when it returns an error.
func (s *Store) CopyTo(ctx context.Context, from chunkstore.Getter, chunks []chunkstore.Piece, o CopyOptions) (Copied, error) {
	lacking, there, err := s.split(ctx, chunks)
	done := Copied{There: len(there), Absent: map[chunkstore.ID]error{}}
	if err != nil {
		return done, err
	}
	if o.Begin != nil {
		o.Begin(len(lacking), total(lacking))
	}
	if o.DryRun {
		done.Chunks, done.Bytes = len(lacking), total(lacking)
		return done, nil
	}
	if err := s.Found(there, ids(lacking)); err != nil {
		return done, err
	}
	for part := range parts(lacking) {
		if err := s.copyPart(ctx, from, part, o, &done); err != nil {
			return done, fmt.Errorf("copy to store '%s': %w", s.Name(), err)
		}
	}
	return done, nil
}

// split asks which of the chunks the store has. Each comes once.
func (s *Store) split(ctx context.Context, chunks []chunkstore.Piece) (lacking []chunkstore.Piece, there []chunkstore.ID, err error) {
	chunks = distinct(chunks)
	for some := range slices.Chunk(chunks, haveAtOne) {
		have, err := s.Have(ctx, ids(some))
		if err != nil {
			return nil, nil, fmt.Errorf("ask store '%s': %w", s.Name(), err)
		}
		for i, c := range some {
			if have[i] {
				there = append(there, c.ID)
			} else {
				lacking = append(lacking, c)
			}
		}
	}
	return lacking, there, nil
}

// copyPart copies some chunks and makes them durable.
func (s *Store) copyPart(ctx context.Context, from chunkstore.Getter, part []chunkstore.Piece, o CopyOptions, done *Copied) error {
	b, err := s.Begin(ctx)
	if err != nil {
		return err
	}
	defer b.Abort()
	var mu sync.Mutex
	var copied []chunkstore.Piece
	room := semaphore.NewWeighted(memory)
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(writers)
	for _, c := range part {
		need := min(perByte*c.Length, memory)
		if room.Acquire(gctx, need) != nil {
			break // the reason is the group's
		}
		g.Go(func() error {
			defer room.Release(need)
			err := copyOne(gctx, from, b, c.ID)
			mu.Lock()
			defer mu.Unlock()
			if isAbsent(err) {
				done.Absent[c.ID] = err
				return nil
			}
			if err == nil {
				copied = append(copied, c)
			}
			if err == nil && o.Progress != nil {
				o.Progress(c.Length)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := b.Commit(ctx); err != nil {
		return err
	}
	done.Chunks += len(copied)
	done.Bytes += total(copied)
	return s.Found(ids(copied), nil)
}

func copyOne(ctx context.Context, from chunkstore.Getter, to chunkstore.Putter, id chunkstore.ID) error {
	data, err := from.Get(ctx, id)
	if err != nil {
		return err
	}
	return to.Put(ctx, id, data)
}

func isAbsent(err error) bool {
	_, corrupt := errors.AsType[*chunkstore.CorruptError](err)
	_, missing := errors.AsType[*chunkstore.MissingError](err)
	return corrupt || missing
}
