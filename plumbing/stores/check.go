// SPDX-License-Identifier: Apache-2.0

package stores

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/chunkstore/passive"
	"github.com/git-devops/git-devops/plumbing/known"
)

// A Damage is a chunk that a store does not have as it should.
type Damage struct {
	ID  chunkstore.ID
	Err error // a *chunkstore.CorruptError, or what stood in the way
}

// CheckOptions say how thoroughly a store is looked at.
type CheckOptions struct {
	Read     bool           // every content
	Begin    func(n int)    // told how many chunks there are
	Progress func(n int64)  // told how many chunks were just read
	Report   func(d Damage) // called from one goroutine at a time
}

// Check lists what the store has, remembers it, and returns how many chunks
// there are. With Read it reads each of them and reports what is damaged.
func (s *Store) Check(ctx context.Context, o CheckOptions) (chunks int, err error) {
	ids, err := s.list(ctx)
	if err != nil {
		return 0, err
	}
	if o.Begin != nil {
		o.Begin(len(ids))
	}
	if !o.Read {
		return len(ids), nil
	}
	return len(ids), s.readAll(ctx, ids, o)
}

// list returns what the store has, and remembers it. More than can be
// remembered is not an error.
func (s *Store) list(ctx context.Context) (ids []chunkstore.ID, err error) {
	when := time.Now()
	err = s.Each(ctx, func(id chunkstore.ID) error { ids = append(ids, id); return nil })
	if err != nil {
		return nil, err
	}
	err = s.known.SaveOf(known.Store(s.Name()), s.Config.ID, when, ids)
	if errors.Is(err, known.ErrTooMany) {
		err = nil
	}
	return ids, err
}

// Found remembers that the store has these chunks and has not those.
func (s *Store) Found(has, hasNot []chunkstore.ID) error {
	return s.known.UpdateOf(known.Store(s.Name()), s.Config.ID, has, hasNot)
}

// readers is how many chunks are read at once.
const readers = 4

func (s *Store) readAll(ctx context.Context, ids []chunkstore.ID, o CheckOptions) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(readers)
	damages := make(chan Damage)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for d := range damages {
			o.Report(d)
		}
	}()
	for _, id := range ids {
		g.Go(func() error {
			_, err := s.Get(ctx, id)
			if o.Progress != nil {
				o.Progress(1)
			}
			if isDamage(err) {
				damages <- Damage{id, err}
				return nil
			}
			return err
		})
	}
	err := g.Wait()
	close(damages)
	<-done
	return err
}

// isDamage tells what is wrong with one chunk from what is wrong with the
// whole store. A chunk that is gone was deleted meanwhile.
func isDamage(err error) bool {
	_, corrupt := errors.AsType[*chunkstore.CorruptError](err)
	_, missing := errors.AsType[*chunkstore.MissingError](err)
	return corrupt || missing || errors.Is(err, passive.ErrKey)
}
