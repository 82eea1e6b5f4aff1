// SPDX-License-Identifier: Apache-2.0

package copies

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
)

// A Keeper is another repository that holds chunks and can promise not to drop
// them. One that also has an Identity method, which returns the same text for
// the same repository and "" when it is not known, is asked once only. One that
// is also a Witness is asked whether it has what it does not promise, which
// tells whether to try again.
type Keeper interface {
	Name() string
	// Lock asks for a promise not to drop ids, which are ascending, for d,
	// counted from a moment not before the call. granted tells which of them
	// it has promised; release ends the promise, and is called once.
	Lock(ctx context.Context, ids []chunkstore.ID, d time.Duration) (granted []bool, release func(), err error)
}

// A Witness is a passive store: what it has, it has until someone who may
// removes it. See Guard. It may have an Identity as a Keeper has.
type Witness interface {
	Name() string
	// Have reports for each of ids, which are ascending, whether it is there
	// now.
	Have(ctx context.Context, ids []chunkstore.ID) ([]bool, error)
}

// DropOptions say what Drop needs as a proof.
type DropOptions struct {
	NumCopies int // other copies that there must be
	Keepers   []Keeper
	Witnesses []Witness
	// Force drops without any proof, but not what others were promised.
	Force bool
	// Check is called when the intent is there and before it is carried out,
	// and again after the held set has lost the chunks; an error undoes it.
	Check func() error
	// Progress is told the number of chunks just decided on.
	Progress func(n int64)
}

// A Result says what became of the chunks.
type Result struct {
	Dropped []chunkstore.ID // ascending
	Refused []Refusal       // in the order of their ids
	Asked   []Asked         // in the order of DropOptions, keepers first
}

// A Refusal is a chunk that was not dropped.
type Refusal struct {
	ID       chunkstore.ID
	Obstacle Obstacle // when not zero, nobody was asked
	Vouched  []string // who has it
	Late     bool     // proofs may have run out before it was dropped
}

// An Asked is what a keeper or a witness said.
type Asked struct {
	Name    string
	Vouched int   // chunks it has promised, or has
	Denied  int   // chunks it has not, or does not promise
	Err     error // why it could not be asked, or did not answer
}

const (
	askFor = 2 * time.Minute // the longest that one keeper may take
	// pause is the longest to wait before trying again what another
	// repository was dropping at the same moment. How long is chance, so that
	// of two that wait for each other one is first.
	pause = time.Second
)

// Drop takes those of ids out of the held set of which at least NumCopies other
// copies are proved. It first puts back what a dropper that died left. What
// other repositories were dropping at the same moment is tried once more.
//
// An error leaves nothing dropped without proof, but what was dropped before it
// stays so: it is in the Result.
func Drop(ctx context.Context, c *Custody, ids []chunkstore.ID, o DropOptions) (Result, error) {
	if !o.Force && o.NumCopies < 1 {
		return Result{}, fmt.Errorf("drop chunks: %d other copies are no proof", o.NumCopies)
	}
	d := &dropper{c: c, o: o, parties: o.parties()}
	err := c.Recover(ctx)
	for part := range slices.Chunk(chunkstore.SortedSet(ids), MaxIDs) {
		if err == nil {
			err = d.dropPart(ctx, part)
		}
	}
	d.result.Asked = asked(d.parties)
	return d.result, err
}

// A dropper carries out the runs of one Drop.
type dropper struct {
	c       *Custody
	o       DropOptions
	parties []*party
	result  Result
}

func (d *dropper) dropPart(ctx context.Context, ids []chunkstore.ID) error {
	refused, err := d.attempt(ctx, ids)
	if again := d.contested(ctx, refused); err == nil && len(again) > 0 {
		select {
		case <-time.After(rand.N(d.c.pause)):
		case <-ctx.Done():
			return ctx.Err()
		}
		var still []Refusal
		still, err = d.attempt(ctx, again)
		refused = append(slices.DeleteFunc(refused, func(r Refusal) bool {
			_, tried := slices.BinarySearchFunc(again, r.ID, chunkstore.ID.Compare)
			return tried
		}), still...)
	}
	slices.SortFunc(refused, func(a, b Refusal) int { return a.ID.Compare(b.ID) })
	d.result.Refused = append(d.result.Refused, refused...)
	if d.o.Progress != nil {
		d.o.Progress(int64(len(ids)))
	}
	return err
}

// attempt is one Run.
func (d *dropper) attempt(ctx context.Context, ids []chunkstore.ID) (refused []Refusal, err error) {
	need := d.o.NumCopies
	if d.o.Force {
		need = 0
	}
	a := &attempt{dropper: d, run: NewRun(need), ids: ids}
	for a.run.Step() != Over && err == nil {
		err = a.do(ctx)
	}
	if err != nil && a.intent != nil && a.run.Step() < Release {
		a.intent.leave()
	}
	a.release()
	dropped := a.run.Dropped()
	if a.run.Step() < Release {
		dropped = nil // it will be undone
	}
	d.result.Dropped = append(d.result.Dropped, dropped...)
	return a.refusals(dropped), err
}

// An attempt is what a Run needs to be carried out.
type attempt struct {
	*dropper
	run       *Run
	ids       []chunkstore.ID
	intent    *announced
	obstacles map[chunkstore.ID]Obstacle
	releases  []func()
	late      bool
	why       error // why it is being undone
}

// do carries out the next step.
func (a *attempt) do(ctx context.Context) error {
	// From Swap on what is begun is brought to its end, also when someone
	// interrupts.
	finishing := context.WithoutCancel(ctx)
	switch a.run.Step() {
	case Announce:
		return a.announce(ctx)
	case Ask:
		return a.ask(ctx)
	case Swap:
		return a.swap(finishing)
	case Undo:
		return a.undo(finishing)
	case Finish:
		if err := a.intent.withdraw(); err != nil {
			return err
		}
		a.run.Finished()
		return a.why
	case Release:
		a.release()
		a.run.Released()
	}
	return nil
}

func (a *attempt) announce(ctx context.Context) error {
	intent, obstacles, err := a.c.announce(ctx, a.ids)
	if err != nil {
		return err
	}
	a.obstacles = obstacles
	if len(intent.IDs) > 0 {
		a.intent = intent
	}
	a.run.Announced(intent.IDs)
	return nil
}

func (a *attempt) ask(ctx context.Context) error {
	now, err := a.c.now()
	if err == nil && a.o.Check != nil {
		err = a.o.Check()
	}
	if err != nil {
		return a.giveUp(err)
	}
	a.run.Asking(now)
	a.releases = askAll(ctx, a.parties, a.run)
	if err := ctx.Err(); err != nil {
		return a.giveUp(err)
	}
	a.run.Asked()
	return nil
}

// giveUp ends the intent of a run that has changed nothing yet.
func (a *attempt) giveUp(err error) error {
	err = errors.Join(err, a.intent.withdraw())
	a.intent = nil
	return err
}

func (a *attempt) swap(ctx context.Context) error {
	err := a.c.held.Drop(ctx, a.run.Chosen())
	if err == nil && a.o.Check != nil {
		err = a.o.Check()
	}
	now, clockErr := a.c.now() // after the swap: that is what counts
	if err = errors.Join(err, clockErr); err != nil {
		a.why = err
		a.run.Failed()
		return nil
	}
	a.run.Swapped(now)
	return nil
}

// undoFor is how long an undo may wait for a gc. After that it is left to the
// next run.
const undoFor = 30 * time.Second

func (a *attempt) undo(ctx context.Context) error {
	a.late = true
	ctx, cancel := context.WithTimeout(ctx, undoFor)
	defer cancel()
	gone, err := a.c.held.Restore(ctx, a.run.Chosen())
	if err != nil {
		return errors.Join(a.why, fmt.Errorf("undo drop: %w", err))
	}
	if len(gone) > 0 {
		a.why = errors.Join(a.why, fmt.Errorf("undo drop: %d chunks are gone: %w", len(gone), &chunkstore.MissingError{ID: gone[0]}))
	}
	a.run.Undone()
	return nil
}

func (a *attempt) release() {
	for _, release := range a.releases {
		release()
	}
	a.releases = nil
}

func (a *attempt) refusals(dropped []chunkstore.ID) []Refusal {
	var refused []Refusal
	for _, id := range a.ids {
		if _, found := slices.BinarySearchFunc(dropped, id, chunkstore.ID.Compare); !found {
			refused = append(refused, Refusal{ID: id, Obstacle: a.obstacles[id], Vouched: vouchers(a.parties, id), Late: a.late})
		}
	}
	return refused
}
