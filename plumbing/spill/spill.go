// SPDX-License-Identifier: Apache-2.0

// Package spill makes room while a file is added that is larger than the disk:
// chunks go to stores, are offered to peers, and are dropped here as soon as
// enough copies of them are proved.
//
// Invariant: nothing is dropped but by package copies. Killed at any point, it
// leaves chunks that are held here, or elsewhere, or both, and the next run
// goes on from there.
package spill

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/copies"
	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/offer"
	"github.com/git-devops/git-devops/plumbing/places"
	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/plumbing/stores"
)

// How long to wait before asking peers again whether they have taken what they
// were offered: each time twice as long, up to the longest.
const (
	firstPoll   = 100 * time.Millisecond
	longestPoll = 5 * time.Second
)

// foldEvery is after how many parts small packs are put together. Each part
// leaves two, of the trees of the held set with it and without.
const foldEvery = 16

// A Spiller makes room in one repository.
type Spiller struct {
	Repo      *repo.Repo
	Git       git.Runner // in it
	Store     *gitstore.Store
	Custody   *copies.Custody
	Places    places.Set // those that may take chunks
	NumCopies int        // other copies that there must be
	// Waiting, unless nil, is told how many chunks peers have yet to take,
	// each time that they are asked.
	Waiting func(chunks int)

	parts int // that have left
}

// A StuckError says that chunks cannot leave, and why not.
type StuckError struct {
	Chunks int
	Asked  []copies.Asked
}

// Error names who was asked.
func (e *StuckError) Error() string {
	var said []string
	for _, a := range e.Asked {
		if a.Err != nil {
			said = append(said, fmt.Sprintf("%s: %v", a.Name, a.Err))
		}
	}
	s := fmt.Sprintf("%d chunks have no room here, and too few copies elsewhere", e.Chunks)
	if len(said) > 0 {
		s += " (" + strings.Join(said, "; ") + ")"
	}
	return s
}

// Hint says what a person can do.
func (*StuckError) Hint() string {
	return "add a store that has room, or peers; what was stored elsewhere need not be stored again"
}

// Out returns when the chunks, which are held, are elsewhere and no longer
// here. Without a peer that could take them it does not wait: the error is a
// *StuckError then.
func (s *Spiller) Out(ctx context.Context, chunks []chunkstore.Piece) error {
	if err := s.toStores(ctx, chunks); err != nil {
		return err
	}
	keepers, witnesses := s.Places.Proofs()
	if len(keepers) > 0 {
		if err := offer.Publish(s.Repo, chunks); err != nil {
			return err
		}
	}
	left := ids(chunks)
	for poll := firstPoll; ; poll = min(2*poll, longestPoll) {
		result, err := copies.Drop(ctx, s.Custody, left, copies.DropOptions{
			NumCopies: s.NumCopies, Keepers: keepers, Witnesses: witnesses,
		})
		if err != nil {
			return err
		}
		if left = refused(result); len(left) == 0 {
			break
		}
		if len(keepers) == 0 {
			return &StuckError{len(left), result.Asked}
		}
		if err := s.wait(ctx, poll, len(left)); err != nil {
			return err
		}
	}
	if len(keepers) > 0 {
		if err := offer.Publish(s.Repo, nil); err != nil {
			return err
		}
	}
	return s.free(ctx)
}

// toStores copies to every store.
func (s *Spiller) toStores(ctx context.Context, chunks []chunkstore.Piece) error {
	for _, p := range s.Places.Reached() {
		if p.Store == nil {
			continue
		}
		if _, err := p.Store.CopyTo(ctx, s.Store, chunks, stores.CopyOptions{}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Spiller) wait(ctx context.Context, poll time.Duration, chunks int) error {
	if s.Waiting != nil {
		s.Waiting(chunks)
	}
	select {
	case <-time.After(poll):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// free gives the room back. Another gc does it just as well.
func (s *Spiller) free(ctx context.Context) error {
	_, err := s.Store.GC(ctx, gitstore.GCOptions{})
	if s.parts++; err == nil && s.parts%foldEvery == 0 {
		err = s.fold(ctx)
	}
	return err
}

// fold puts git's small packs together. Between two commands git gc --auto does
// so, and while one runs nobody; each object would then be looked for in
// thousands. Larger packs stay as they are, and so do those of chunks, which
// have a .keep. That it cannot be done is no reason to stop.
func (s *Spiller) fold(ctx context.Context) error {
	_, _ = s.Git.Run(ctx, nil, "-c", "repack.packKeptObjects=false", "repack", "-d", "-q",
		"--geometric=2", "--no-write-bitmap-index")
	return ctx.Err()
}

func ids(chunks []chunkstore.Piece) []chunkstore.ID {
	all := make([]chunkstore.ID, len(chunks))
	for i, c := range chunks {
		all[i] = c.ID
	}
	return all
}

func refused(result copies.Result) []chunkstore.ID {
	var left []chunkstore.ID
	for _, r := range result.Refused {
		left = append(left, r.ID)
	}
	return left
}
