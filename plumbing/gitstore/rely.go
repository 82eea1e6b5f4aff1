// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/git-devops/git-devops/chunkstore"
)

// ErrDropped says that a chunk which did not have to be stored, because it was
// held, was dropped and freed before it could be named.
var ErrDropped = errors.New("a chunk was dropped while it was being added again")

// errLost says that the held set lacks chunks that a batch relies on.
var errLost = errors.New("chunks relied on are not held")

// bringBack holds ids, and with them the chunks relied on that were dropped.
// Under the lock of gc what is there stays there.
func (b *Batch) bringBack(ctx context.Context, ids []chunkstore.ID) error {
	unlock, err := b.s.waitGC(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	return b.alter(ctx, "hold", func(held *chunkstore.Held) (add, remove []chunkstore.ID, err error) {
		lost, err := b.relied.missing(held)
		if err != nil {
			return nil, nil, err
		}
		here, err := b.s.here(lost)
		if err != nil {
			return nil, nil, err
		}
		if i := slices.Index(here, false); i >= 0 {
			return nil, nil, fmt.Errorf("chunk %s: %w", lost[i], ErrDropped)
		}
		return append(lost, ids...), nil, nil
	})
}

// An idList is a set of ids that takes 20 to 40 bytes each.
type idList struct {
	ids    []chunkstore.ID
	sorted int // so many of them, from the first, are ascending and distinct
}

func (l *idList) add(id chunkstore.ID) {
	l.ids = append(l.ids, id)
	if len(l.ids) >= 2*l.sorted+1024 {
		l.sort()
	}
}

func (l *idList) sort() {
	slices.SortFunc(l.ids, chunkstore.ID.Compare)
	l.ids = slices.Compact(l.ids)
	l.sorted = len(l.ids)
}

// missing returns those that a held set does not have.
func (l *idList) missing(held *chunkstore.Held) (missing []chunkstore.ID, err error) {
	l.sort()
	for _, id := range l.ids {
		has, err := held.Has(id)
		if err != nil {
			return nil, err
		}
		if !has {
			missing = append(missing, id)
		}
	}
	return missing, nil
}
