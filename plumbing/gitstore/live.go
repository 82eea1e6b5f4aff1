// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"context"
	"errors"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/copies"
)

// A liveSet is what gc must not free: the held set at one moment, and what a
// drop has taken out of it and may yet put back.
type liveSet struct {
	s    *Store
	root chunkstore.ID
	held *chunkstore.Held
	also map[chunkstore.ID]bool
}

// liveSet is called with the lock of gc held. The order matters: the intent of
// a drop is there before the held set loses its chunks, and while gc runs no
// drop is undone; so what is missing from the held set that is read first, and
// may come back, is named by an intent that is read second.
func (s *Store) liveSet() (*liveSet, error) {
	l := &liveSet{s: s, also: map[chunkstore.ID]bool{}}
	return l, l.look()
}

func (l *liveSet) look() error {
	if err := l.s.reload(); err != nil {
		return err
	}
	l.s.mu.Lock()
	l.root, l.held = l.s.root, l.s.held
	l.s.mu.Unlock()
	ids, err := copies.Intended(l.s.repo.CommonDir())
	for _, id := range ids {
		l.also[id] = true
	}
	return err
}

func (l *liveSet) has(ctx context.Context, id chunkstore.ID) (bool, error) {
	for {
		if err := ctx.Err(); err != nil || l.also[id] {
			return err == nil, err
		}
		has, err := l.held.Has(id)
		if err == nil || !l.moved(err) {
			return has, err
		}
		if err := l.look(); err != nil {
			return false, err
		}
	}
}

// moved tells whether err says that git has pruned a tree of what the held set
// was, because another process has moved it on.
func (l *liveSet) moved(err error) bool {
	var missing *chunkstore.MissingError
	if !errors.As(err, &missing) {
		return false
	}
	root, _, err := l.s.repo.Ref(HeldRef)
	return err == nil && root != l.root
}
