// SPDX-License-Identifier: Apache-2.0

package stores

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/transfer"
)

// streams is how many streams of a store are useful: one disk arm, or the
// round trips to a bucket.
func (s *Store) streams() int {
	if s.Dir() {
		return 2
	}
	return 8
}

// Source makes the store a place that chunks can be fetched from.
func (s *Store) Source() transfer.Source {
	return transfer.FromStore(s.Name(), s.Store, s.streams())
}

// CopyFrom copies chunks that the store has to a repository, each once and
// only those that it does not hold. They are held, durably, when it returns, in
// part also when it returns an error.
func (s *Store) CopyFrom(ctx context.Context, to *gitstore.Store, chunks []chunkstore.Piece, o CopyOptions) (Copied, error) {
	done := Copied{Absent: map[chunkstore.ID]error{}}
	lacking, err := notHeld(ctx, to, distinct(chunks), &done)
	if err != nil {
		return done, err
	}
	if o.Begin != nil {
		o.Begin(len(lacking), total(lacking))
	}
	if o.DryRun {
		return done, s.wouldCopy(ctx, lacking, &done)
	}
	if len(lacking) == 0 {
		return done, nil
	}
	result, err := s.fetch(ctx, to, lacking, o)
	done.Chunks, done.Bytes = result.Chunks, result.Bytes
	if err != nil {
		return done, fmt.Errorf("copy from store '%s': %w", s.Name(), err)
	}
	for _, id := range result.Missing {
		done.Absent[id] = &chunkstore.MissingError{ID: id}
	}
	for _, m := range result.Mismatched {
		done.Absent[m.ID] = m
	}
	return done, errors.Join(s.trouble(result), s.Found(fetched(lacking, done.Absent), nil))
}

// notHeld returns the chunks that a repository does not hold.
func notHeld(ctx context.Context, to *gitstore.Store, chunks []chunkstore.Piece, done *Copied) (lacking []chunkstore.Piece, err error) {
	for _, c := range chunks {
		held, err := to.Has(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		if held {
			done.There++
		} else {
			lacking = append(lacking, c)
		}
	}
	return lacking, nil
}

// wouldCopy fills in what a copy would do.
func (s *Store) wouldCopy(ctx context.Context, lacking []chunkstore.Piece, done *Copied) error {
	absent, _, err := s.split(ctx, lacking)
	for _, c := range absent {
		done.Absent[c.ID] = &chunkstore.MissingError{ID: c.ID}
	}
	done.Chunks, done.Bytes = len(lacking)-len(absent), total(lacking)-total(absent)
	return err
}

func (s *Store) fetch(ctx context.Context, to *gitstore.Store, lacking []chunkstore.Piece, o CopyOptions) (transfer.Result, error) {
	sink, err := transfer.NewStoreSink(ctx, to)
	if err != nil {
		return transfer.Result{}, err
	}
	defer sink.Abandon()
	wants := make([]transfer.Want, len(lacking))
	for i, c := range lacking {
		wants[i] = transfer.Want{ID: c.ID, Length: c.Length}
	}
	result, err := transfer.Fetch(ctx, wants, []transfer.Source{s.Source()}, sink, transfer.Options{
		Checkpoint: sink.Checkpoint,
		Progress: func(_ string, n int64) {
			if o.Progress != nil {
				o.Progress(n)
			}
		},
	})
	// What has arrived is kept, also when the rest was called off.
	return result, errors.Join(err, sink.Finish(context.WithoutCancel(ctx)))
}

// trouble is what was wrong with the store itself, if chunks are missing for
// it.
func (s *Store) trouble(result transfer.Result) error {
	if len(result.Missing) == 0 || len(result.Sources) != 1 || isAbsent(result.Sources[0].Err) || result.Sources[0].Err == nil {
		return nil
	}
	return fmt.Errorf("copy from store '%s': %w", s.Name(), result.Sources[0].Err)
}

func fetched(lacking []chunkstore.Piece, absent map[chunkstore.ID]error) []chunkstore.ID {
	return slices.DeleteFunc(ids(lacking), func(id chunkstore.ID) bool { return absent[id] != nil })
}
