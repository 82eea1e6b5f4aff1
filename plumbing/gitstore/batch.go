// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
)

const (
	// A pack is closed at this many chunks, or at a sixteenth of what the
	// batch has stored already: so closing the last one, which nothing else
	// can hide, stays a small part of the whole.
	packChunks   = 160
	packFraction = 16
	// With fewer bytes than this it is not closed: small chunks would make
	// small packs. Tests have a Store with less.
	packLeast = 32 << 20
	// Offsets in a version 2 index are 31 bits wide.
	packBytes = 1<<31 - 128<<20
)

// A Batch is a number of chunks, and of other objects, that become part of the
// repository together. Append and Has may be called from several goroutines.
//
// The order is: Append and AppendObject; Commit; FinishObjects; whatever names
// the other objects (the index); Settle.
type Batch struct {
	s      *Store
	writer *writer

	mu        sync.Mutex
	current   *packfile.Writer // chunks
	objects   *packfile.Writer
	expect    int                    // chunks the current pack will have
	appended  int                    // chunks, of all commits
	seen      map[chunkstore.ID]bool // appended since the last commit
	relied    idList                 // found in the held set since then
	finishing errgroup.Group

	finishedMu sync.Mutex // not mu: who waits for finishing may hold that
	finished   []packfile.Pack

	objectsIn []packfile.Pack
	holding   bool // the held set may name our chunks
	ended     bool
}

// Begin starts a batch. What an earlier, killed one has left is taken up
// first: its finished chunk packs become part of the held set.
func (s *Store) Begin(ctx context.Context) (*Batch, error) {
	if err := os.MkdirAll(s.spool, 0o777); err != nil {
		return nil, fmt.Errorf("write chunks: %w", err)
	}
	if err := s.takeUp(ctx, s.adopt); err != nil {
		return nil, err
	}
	return s.begin()
}

func (s *Store) begin() (*Batch, error) {
	w, err := newWriter(s.writers)
	if err != nil {
		return nil, err
	}
	b := &Batch{s: s, writer: w, expect: packChunks, seen: map[chunkstore.ID]bool{}}
	b.finishing.SetLimit(1)
	return b, nil
}

// Has tells whether the batch or the held set has the chunk. What it finds in
// the held set Commit makes sure of again.
func (b *Batch) Has(id chunkstore.ID) (bool, error) {
	b.mu.Lock()
	seen := b.seen[id]
	b.mu.Unlock()
	if seen {
		return true, nil
	}
	has, err := b.s.Has(context.Background(), id)
	if has && err == nil {
		b.mu.Lock()
		b.relied.add(id)
		b.mu.Unlock()
	}
	return has, err
}

// Append adds a chunk. One that the batch has is ignored.
func (b *Batch) Append(o packfile.Object) error {
	return b.add(o.ID, func(w *packfile.Writer) error { return w.Append(o) })
}

func (b *Batch) add(id chunkstore.ID, write func(*packfile.Writer) error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.seen[id] {
		return nil
	}
	if err := b.open(&b.current, b.expect); err != nil {
		return err
	}
	if err := write(b.current); err != nil {
		return err
	}
	b.seen[id] = true
	b.appended++
	full := b.current.Len() >= b.expect && b.current.Bytes() >= b.s.packLeast
	if full || b.current.Bytes() > packBytes {
		b.finishCurrent()
	}
	return nil
}

// AppendObject adds an object that is not a chunk. expect is how many there
// will probably be: the right number saves a pass over the pack.
func (b *Batch) AppendObject(o packfile.Object, expect int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.open(&b.objects, expect); err != nil {
		return err
	}
	return b.objects.Append(o)
}

func (b *Batch) open(w **packfile.Writer, expect int) (err error) {
	if *w == nil {
		*w, err = packfile.Create(b.s.spool, expect)
	}
	return err
}

// finishCurrent closes the current chunk pack in the background.
func (b *Batch) finishCurrent() {
	w := b.current
	b.current = nil
	b.expect = max(packChunks, b.appended/packFraction)
	b.finishing.Go(func() error {
		p, err := w.Finish(b.s.packDir, b.writer.keep(pendingChunks))
		if err != nil {
			return err
		}
		b.finishedMu.Lock()
		defer b.finishedMu.Unlock()
		b.finished = append(b.finished, p)
		return nil
	})
}

// Commit makes the chunks durable and adds them to the held set. It may be
// called several times. A chunk that Has found in the held set, and that was
// dropped since, becomes held again if its content is still there; if not, the
// error is ErrDropped, and nothing has become held.
func (b *Batch) Commit(ctx context.Context) error {
	if err := b.finishChunks(ctx); err != nil {
		return err
	}
	b.holding = true
	if err := b.hold(ctx, b.pendingIDs()); err != nil {
		return err
	}
	if err := b.settleFinished(); err != nil {
		return err
	}
	clear(b.seen)
	b.relied = idList{}
	return nil
}

// finishChunks puts the chunk packs into place, durably.
func (b *Batch) finishChunks(ctx context.Context) error {
	b.mu.Lock()
	if b.current != nil {
		b.finishCurrent()
	}
	b.mu.Unlock()
	if err := b.finishing.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

func (b *Batch) pendingIDs() []chunkstore.ID {
	ids := make([]chunkstore.ID, 0, len(b.seen))
	for id := range b.seen {
		ids = append(ids, id)
	}
	return ids
}

func (b *Batch) settleFinished() error {
	for _, p := range b.finished {
		if err := b.s.settleChunks(keepOf(p.Path)); err != nil {
			return err
		}
	}
	b.finished = nil
	return nil
}

// FinishObjects makes the other objects durable; they are safe from git gc
// until Settle. Objects appended later make another pack.
func (b *Batch) FinishObjects() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.objects == nil {
		return nil
	}
	p, err := b.objects.Finish(b.s.packDir, b.writer.keep(pendingObjects))
	b.objects = nil
	if err != nil {
		return err
	}
	b.objectsIn = append(b.objectsIn, p)
	return nil
}

// Settle ends a batch whose objects something names now. An error says only
// that something is left to be cleared away by the next batch.
func (b *Batch) Settle() error {
	var errs []error
	for _, p := range b.objectsIn {
		errs = append(errs, releaseObjects(p))
	}
	err := errors.Join(errs...)
	b.end(err == nil)
	return err
}

// Abort ends a batch that was not settled. Its chunk packs go, unless the held
// set may name them already; its objects are left to git gc, because the index
// may. After Settle or Abandon it does nothing.
func (b *Batch) Abort() {
	if b.ended {
		return
	}
	_ = b.finishing.Wait()
	clean := !b.holding || len(b.finished) == 0
	if !b.holding {
		for _, p := range b.finished {
			clean = b.s.drop(p) == nil && clean
		}
	}
	for _, p := range b.objectsIn {
		clean = releaseObjects(p) == nil && clean
	}
	b.end(clean)
}

// Abandon ends a batch that was interrupted: chunk packs that are finished
// stay for the next batch to take up, or for gc to clear away. After Settle or
// Abort it does nothing.
func (b *Batch) Abandon() {
	if b.ended {
		return
	}
	_ = b.finishing.Wait()
	b.end(len(b.finished) == 0 && len(b.objectsIn) == 0)
}

// end drops what is not finished. Unless nothing is pending any more, the
// others learn that the writer is dead.
func (b *Batch) end(settled bool) {
	b.ended = true
	for _, w := range []*packfile.Writer{b.current, b.objects} {
		if w != nil {
			w.Abort()
		}
	}
	b.writer.leave(settled)
}
