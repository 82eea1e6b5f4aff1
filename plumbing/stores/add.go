// SPDX-License-Identifier: Apache-2.0

package stores

import (
	"context"
	"fmt"

	"github.com/git-devops/git-devops/chunkstore/passive"
	"github.com/git-devops/git-devops/chunkstore/sealed"
)

// An ExistsError says that another store has the name already.
type ExistsError struct{ Config Config }

// Error names the store and where it is.
func (e *ExistsError) Error() string {
	return fmt.Sprintf("there is a store '%s' already, %s with the id %s", e.Config.Name, e.Config.URL, e.Config.ID)
}

// Add configures a store, after it has made one of the place, or recognised
// the one that is there; created says which. c.ID is not looked at. A name that
// is configured already may get another URL or other recipients if it is the
// same store, and keeps its recipients when none are given; for another store
// the error is an *ExistsError. The caller closes the Store.
func (s *Stores) Add(ctx context.Context, c Config) (st *Store, created bool, err error) {
	if err := CheckName(c.Name); err != nil {
		return nil, false, err
	}
	if err := CheckURL(c.URL); err != nil {
		return nil, false, err
	}
	if _, err := sealed.ParseRecipients(c.Recipients); err != nil {
		return nil, false, err
	}
	list, err := s.List(ctx)
	if err != nil {
		return nil, false, err
	}
	for _, old := range list {
		if old.Name == c.Name && len(c.Recipients) == 0 {
			c.Recipients = old.Recipients
		}
	}
	mark := passive.Mark{ID: passive.NewStoreID(), Sealed: len(c.Recipients) > 0}
	bodies, err := s.openForAdd(ctx, c, list, mark)
	if err != nil {
		return nil, false, fmt.Errorf("store '%s': %w", c.Name, err)
	}
	c.ID = bodies.Mark().ID
	for _, other := range list {
		if other.Name == c.Name && other.ID != c.ID && !other.ID.IsZero() {
			bodies.Close()
			return nil, false, &ExistsError{other}
		}
	}
	if st, err = s.finish(ctx, c, bodies); err != nil {
		return nil, false, err
	}
	if err := s.write(ctx, c); err != nil {
		st.Close()
		return nil, false, fmt.Errorf("store '%s': %w", c.Name, err)
	}
	return st, c.ID == mark.ID, nil
}

// openForAdd makes a store only where the name is free.
func (s *Stores) openForAdd(ctx context.Context, c Config, list []Config, mark passive.Mark) (place, error) {
	for _, other := range list {
		if other.Name == c.Name && !other.ID.IsZero() {
			return s.openBodies(ctx, c.URL, nil)
		}
	}
	return s.openBodies(ctx, c.URL, &mark)
}
