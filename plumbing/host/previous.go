// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// ErrNoPrevious says that nothing is known to have been applied before.
var ErrNoPrevious = errors.New("nothing that is still on the branch was applied before")

// Previous returns the commit that was applied before the one that is. What was
// rolled back does not count, nor what is no longer on the branch. The error
// is ErrNoPrevious when there is none.
func (h *Host) Previous(ctx context.Context) (Target, error) {
	applied, ok, err := h.Applied()
	if err != nil {
		return Target{}, err
	}
	if !ok {
		return Target{}, ErrNoPrevious
	}
	moves, err := h.repo.RefLog(AppliedRef)
	if err != nil {
		return Target{}, err
	}
	was := way(moves, applied)
	for _, commit := range slices.Backward(was[:len(was)-1]) {
		target, err := h.named(ctx, commit.String())
		if other := (*OtherTypeError)(nil); !errors.As(err, &other) {
			return target, err
		}
	}
	return Target{}, fmt.Errorf("%w %.12s", ErrNoPrevious, applied)
}

// way is how a host came to the commit now: what was applied one after the
// other, without the detours that ended where they began.
func way(moves []repo.RefMove, now chunkstore.ID) []chunkstore.ID {
	var been []chunkstore.ID
	enter := func(id chunkstore.ID) {
		if i := slices.Index(been, id); i >= 0 {
			been = been[:i]
		}
		if !id.IsZero() {
			been = append(been, id)
		}
	}
	for _, m := range moves {
		enter(m.Old)
		enter(m.New)
	}
	enter(now)
	return been
}
