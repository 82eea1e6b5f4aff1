// SPDX-License-Identifier: Apache-2.0

package stores

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/copies"
)

// deleteWithin is how long one request to delete may take: less than the time
// that a Guard allows for.
const deleteWithin = time.Minute

// DeleteGuarded deletes the chunks that a guard has found safe to, and returns
// those that are gone. progress is told the number of chunks just deleted.
func (s *Store) DeleteGuarded(ctx context.Context, guard *copies.Guard, progress func(n int64)) ([]chunkstore.ID, error) {
	safe := guard.Safe()
	gone := make([]bool, len(safe))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(writers)
	for i, id := range safe {
		g.Go(func() error {
			if err := guard.Err(); err != nil {
				return err
			}
			limited, cancel := context.WithTimeout(gctx, deleteWithin)
			defer cancel()
			if err := s.Delete(limited, id); err != nil {
				return err
			}
			gone[i] = true
			if progress != nil {
				progress(1)
			}
			return nil
		})
	}
	err := g.Wait()
	var deleted []chunkstore.ID
	for i, id := range safe {
		if gone[i] {
			deleted = append(deleted, id)
		}
	}
	if err != nil {
		err = fmt.Errorf("delete in store '%s': %w", s.Name(), err)
	}
	if found := s.Found(nil, deleted); err == nil {
		err = found
	}
	return deleted, err
}
