// SPDX-License-Identifier: Apache-2.0

package copies

import (
	"slices"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
)

// budget is the time from before the first request for a lock to after the
// held set has lost the chunks. Half of the lock's, so that it is safe with
// clocks of which one runs twice as fast as the other.
const budget = LockFor / 2

// A Step is what a Run does next.
type Step int

// The steps of a drop, in order; Undo is only sometimes one of them.
const (
	Announce Step = iota // make an intent durable
	Ask                  // collect proofs
	Swap                 // take chunks out of the held set
	Undo                 // put them back, for it took too long
	Finish               // end the intent
	Release              // end the locks that others have granted
	Over
)

// A Run is one attempt to drop chunks: it decides, and its caller acts and
// tells it what came of it. Killed at any step, it leaves an intent, or
// nothing: see Recover.
type Run struct {
	need    int // proofs a chunk
	ids     []chunkstore.ID
	proofs  []int
	began   Instant
	step    Step
	dropped []chunkstore.ID
}

// NewRun returns a run that drops no chunk for which there are not at least
// need proofs.
func NewRun(need int) *Run { return &Run{need: need} }

// Step is what is to be done next.
func (r *Run) Step() Step { return r.step }

// Announced is called when there is an intent for ids.
func (r *Run) Announced(ids []chunkstore.ID) {
	r.ids, r.proofs, r.step = ids, make([]int, len(ids)), Ask
	if len(ids) == 0 {
		r.step = Over
	}
}

// Asking is called before the first request is sent.
func (r *Run) Asking(now Instant) { r.began = now }

// Lacking returns the chunks with too few proofs.
func (r *Run) Lacking() []chunkstore.ID {
	return r.having(func(proofs int) bool { return proofs < r.need })
}

// Answered is called for each keeper that has granted locks, and for each
// store that has chunks: which of ids, ascending, it is that they vouch for.
func (r *Run) Answered(ids []chunkstore.ID, vouched []bool) {
	eachCommon(r.ids, choose(ids, vouched), func(i int) { r.proofs[i]++ })
}

// Asked is called when no more answers come.
func (r *Run) Asked() {
	r.step = Swap
	if len(r.Chosen()) == 0 {
		r.step = Finish
	}
}

// Chosen returns the chunks with enough proofs: those that Swap drops.
func (r *Run) Chosen() []chunkstore.ID {
	return r.having(func(proofs int) bool { return proofs >= r.need })
}

func (r *Run) having(fits func(proofs int) bool) []chunkstore.ID {
	var ids []chunkstore.ID
	for i, id := range r.ids {
		if fits(r.proofs[i]) {
			ids = append(ids, id)
		}
	}
	return ids
}

// Swapped is called when the held set has lost the chosen chunks, durably, with
// the time after that. Where no proof was needed, none can have run out.
func (r *Run) Swapped(now Instant) {
	r.step = Undo
	if r.need == 0 || inTime(r.began, now, budget) {
		r.step, r.dropped = Finish, r.Chosen()
	}
}

// Failed is called when the held set may or may not have lost chunks.
func (r *Run) Failed() { r.step = Undo }

// Undone is called when the held set has got them back.
func (r *Run) Undone() { r.step = Finish }

// Finished is called when the intent is gone.
func (r *Run) Finished() { r.step = Release }

// Released ends the run.
func (r *Run) Released() { r.step = Over }

// Dropped returns what was dropped for good.
func (r *Run) Dropped() []chunkstore.ID { return slices.Clone(r.dropped) }

// inTime tells whether less than limit has passed on one machine.
func inTime(from, to Instant, limit time.Duration) bool {
	return from.Boot == to.Boot && to.At-from.At < limit
}
