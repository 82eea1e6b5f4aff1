// SPDX-License-Identifier: Apache-2.0

package copies

import (
	"context"
	"errors"

	"github.com/git-devops/git-devops/chunkstore"
)

// ErrGuardOver says that the promises of a Guard may have run out.
var ErrGuardOver = errors.New("the other copies were promised for too short a time")

// guardBudget is the time in which chunks may be removed from a store. It
// leaves a quarter of the lock to a request that was sent at the last moment.
const guardBudget = LockFor / 4

// A Guard allows to remove chunks from a passive store. A store promises
// nothing, so other stores are no proof: one might be asked while this one is
// being emptied, and this one while that one is. Only repositories are,
// this one among them: it promises not to drop its own copy meanwhile.
type Guard struct {
	run      *Run
	c        *Custody
	releases []func()
	began    Instant
}

// NewGuard asks this repository and the keepers for promises. The witnesses
// among the options do not matter. The caller calls Release.
func NewGuard(ctx context.Context, c *Custody, ids []chunkstore.ID, o DropOptions) (*Guard, error) {
	g := &Guard{run: NewRun(max(1, o.NumCopies)), c: c}
	ids = chunkstore.SortedSet(ids)
	if len(ids) > MaxIDs {
		return nil, ErrTooManyIDs
	}
	var err error
	if g.began, err = c.now(); err != nil {
		return nil, err
	}
	g.run.Announced(ids)
	token, granted, err := c.Lock(ctx, ids, LockFor)
	if err != nil {
		return nil, err
	}
	if token != "" {
		g.releases = append(g.releases, func() { _ = c.Unlock(context.WithoutCancel(ctx), token) })
	}
	g.run.Answered(ids, granted)
	o.Witnesses = nil
	g.releases = append(g.releases, askAll(ctx, o.parties(), g.run)...)
	return g, nil
}

// Safe returns the chunks that may be removed, ascending.
func (g *Guard) Safe() []chunkstore.ID { return g.run.Chosen() }

// Err is asked before each request to remove, which must be over, done or
// given up for good, two minutes later. It is ErrGuardOver when it is too late.
func (g *Guard) Err() error {
	now, err := g.c.now()
	if err == nil && !inTime(g.began, now, guardBudget) {
		err = ErrGuardOver
	}
	return err
}

// Release ends the promises, when what was to be removed is.
func (g *Guard) Release() {
	for _, release := range g.releases {
		release()
	}
	g.releases = nil
}
