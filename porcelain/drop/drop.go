// SPDX-License-Identifier: Apache-2.0

package drop

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/copies"
	"github.com/git-devops/git-devops/plumbing/places"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

var (
	errWriting = errors.New("another process is adding or fetching chunks: run this again when it has ended")
	errChanged = errors.New("the files have changed meanwhile: run this again")
)

// drop gives up what may be given up, and frees its space.
func (d *dropping) drop(ctx context.Context, set places.Set) (err error) {
	progress := d.g.UI.Progress("Dropping", ui.Count, int64(len(d.ids)))
	o := copies.DropOptions{NumCopies: d.numCopies, Force: d.o.force, Progress: progress.Add}
	o.Keepers, o.Witnesses = set.Proofs()
	if d.o.force {
		o.Check = func() error { return d.unneeded(ctx) }
		err = d.custody.Log(time.Now(), porcelain.Who(), copies.Dropping, len(d.ids), d.o.reason)
	}
	if err == nil {
		d.result, err = copies.Drop(ctx, d.custody, d.ids, o)
	}
	progress.End(err)
	for _, id := range d.result.Dropped {
		d.choice.chunks[id].stays = false
	}
	if err != nil && len(d.result.Dropped) == 0 {
		return err
	}
	d.tell()
	if len(d.result.Dropped) > 0 && !d.o.noGC {
		err = errors.Join(err, d.g.Collect(ctx, d.w, false))
	}
	return errors.Join(err, d.refused())
}

// unneeded makes sure, where no other copy is proved, that nobody has begun to
// rely on the chunks.
func (d *dropping) unneeded(ctx context.Context) error {
	switch writing, err := d.w.Store.Writing(); {
	case err != nil:
		return err
	case writing:
		return porcelain.Exit(porcelain.Busy, errWriting)
	}
	now, err := d.chooseAgain(ctx)
	if err == nil && !now.covers(d.ids) {
		err = porcelain.Exit(porcelain.Busy, errChanged)
	}
	return err
}

// chooseAgain finds out what would be chosen now. Of unused chunks only what
// is held is looked at, and these may be dropped already.
func (d *dropping) chooseAgain(ctx context.Context) (*choice, error) {
	if !d.o.unused {
		return choose(ctx, d.w, d.o)
	}
	now := &choice{chunks: map[chunkstore.ID]*chunk{}}
	for _, id := range d.ids {
		now.add(id, 0)
	}
	return now, now.removeUsed(ctx, d.w)
}

// refused returns the error of chunks that stay.
func (d *dropping) refused() error {
	few, locked := 0, 0
	for _, r := range d.result.Refused {
		if r.Obstacle == (copies.Obstacle{}) {
			few++
		} else {
			locked++
		}
	}
	switch {
	case few > 0:
		return porcelain.Exit(porcelain.Missing, &fewError{few, d.numCopies, len(d.result.Asked)})
	case locked > 0:
		return porcelain.Exit(porcelain.Busy, &lockedError{locked, d.result.Refused})
	}
	return nil
}

// A fewError says that chunks stay for want of other copies.
type fewError struct{ chunks, numCopies, asked int }

func (e *fewError) Error() string {
	return fmt.Sprintf("%d chunks stay: no proof of %s", e.chunks, otherCopies(e.numCopies))
}

// Hint says what a person can do.
func (e *fewError) Hint() string {
	if e.asked == 0 {
		return "no peer and no store could be asked; 'git devops copy --to=<store>' makes a copy"
	}
	return "'git devops copy --to=<store>' makes a copy, and so does 'git devops sync' on a peer"
}

// A lockedError says that chunks stay because another is dropping them.
type lockedError struct {
	chunks  int
	refused []copies.Refusal
}

func (e *lockedError) Error() string {
	var until time.Duration
	for _, r := range e.refused {
		until = max(until, r.Obstacle.Locked)
	}
	if until == 0 {
		return fmt.Sprintf("%d chunks stay: another process is dropping them", e.chunks)
	}
	return fmt.Sprintf("%d chunks stay: promised to a machine that is dropping them, for %v at most", e.chunks, until.Round(time.Second))
}

func otherCopies(n int) string {
	if n == 1 {
		return "another copy"
	}
	return fmt.Sprintf("%d other copies", n)
}
