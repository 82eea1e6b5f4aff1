// SPDX-License-Identifier: Apache-2.0

package stores

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"

	"github.com/git-devops/git-devops/chunkstore/dir"
	"github.com/git-devops/git-devops/chunkstore/passive"
	"github.com/git-devops/git-devops/chunkstore/s3"
	"github.com/git-devops/git-devops/chunkstore/sealed"
	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/known"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// Stores are the stores of a repository.
type Stores struct {
	repo   *repo.Repo
	git    git.Runner
	known  *known.Known
	getenv func(string) string
}

// New returns the stores of a repository. getenv is where credentials for
// buckets are looked for.
func New(r *repo.Repo, g git.Runner, getenv func(string) string) *Stores {
	return &Stores{r, g, known.Open(r.CommonDir()), getenv}
}

// Known is what was there when the stores were last asked.
func (s *Stores) Known(name string) (known.Snapshot, error) { return s.known.Load(known.Store(name)) }

func (s *Stores) forget(name string) error { return s.known.Forget(known.Store(name)) }

// A Store is an open store. Its Name is the one it is configured by.
type Store struct {
	*passive.Store
	Config Config

	known *known.Known
	place io.Closer
}

// Name is what the store is called here.
func (s *Store) Name() string { return s.Config.Name }

// Identity is the same for each name that a store is configured by: it is one
// copy.
func (s *Store) Identity() string { return s.Config.ID.String() }

// Close frees what Open has taken.
func (s *Store) Close() error { return s.place.Close() }

// Dir reports whether the store is a directory.
func (s *Store) Dir() bool { return strings.HasPrefix(s.Config.URL, dirScheme) }

// notAdded says that a store was written into the configuration by hand.
type notAdded struct{ name string }

func (e *notAdded) Error() string {
	return fmt.Sprintf("the id of store '%s' is not configured", e.name)
}

// Hint says what to do.
func (e *notAdded) Hint() string { return "'git devops store add' makes or recognises a store" }

// Open opens a store. It returns an *passive.OfflineError when the store is not
// there, a *passive.WrongStoreError when another one is, a *passive.SealError
// when it is sealed otherwise than the configuration says, and an error that
// matches ErrUnknown for a name without configuration. The caller closes the
// Store.
func (s *Stores) Open(ctx context.Context, name string) (*Store, error) {
	c, err := s.Config(ctx, name)
	if err != nil {
		return nil, err
	}
	if c.ID.IsZero() {
		return nil, &notAdded{name}
	}
	bodies, err := s.openBodies(ctx, c.URL, nil)
	if err != nil {
		return nil, fmt.Errorf("store '%s': %w", name, err)
	}
	return s.finish(ctx, c, bodies)
}

// place is what opening a directory or a bucket returns.
type place interface {
	passive.Bodies
	io.Closer
}

// openBodies opens the place of a URL. With a mark, it is made a store if it is
// none.
func (s *Stores) openBodies(ctx context.Context, url string, mark *passive.Mark) (place, error) {
	if err := CheckURL(url); err != nil {
		return nil, err
	}
	if path, ok := strings.CutPrefix(url, dirScheme); ok {
		if mark != nil {
			return made(dir.Create(path, *mark))
		}
		return made(dir.Open(path))
	}
	a, err := s3.Parse(url)
	if err != nil {
		return nil, err
	}
	if mark != nil {
		return made(s3.Create(ctx, a, *mark, s3.Options{Getenv: s.getenv}))
	}
	return made(s3.Open(ctx, a, s3.Options{Getenv: s.getenv}))
}

// made makes a nil pointer with an error a nil interface.
func made[P place](p P, err error) (place, error) {
	if err != nil {
		return nil, err
	}
	return p, nil
}

// finish makes a store of a place, if it is the one that c means; else it
// closes the place.
func (s *Stores) finish(ctx context.Context, c Config, bodies place) (*Store, error) {
	opened, err := s.check(ctx, c, bodies)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("store '%s': %w", c.Name, err), bodies.Close())
	}
	return &Store{Store: opened, Config: c, known: s.known, place: bodies}, nil
}

func (s *Stores) check(ctx context.Context, c Config, bodies place) (*passive.Store, error) {
	mark := bodies.Mark()
	if mark.ID != c.ID {
		return nil, &passive.WrongStoreError{Place: bodies.Name(), Want: c.ID, Got: mark.ID}
	}
	var codec passive.Codec = passive.Plain{}
	if mark.Sealed || len(c.Recipients) > 0 {
		recipients, err := sealed.ParseRecipients(c.Recipients)
		if err != nil {
			return nil, err
		}
		identities, err := s.identities(ctx)
		if err != nil {
			return nil, err
		}
		codec = sealed.New(recipients, identities)
	}
	return passive.New(bodies, codec)
}

// maxIdentityFile bounds what is read of a file with identities, bytes.
const maxIdentityFile = 1 << 20

// identities reads the files that devops.identity names.
func (s *Stores) identities(ctx context.Context) (all []age.Identity, err error) {
	err = s.git.Stream(ctx, nil, []string{"config", "-z", "--type=path", "--get-all", IdentityKey}, func(record []byte) error {
		path := string(record)
		if !filepath.IsAbs(path) {
			path = filepath.Join(s.git.Dir, path)
		}
		f, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("read identities (%s): %w", IdentityKey, err)
		}
		defer f.Close()
		data, err := io.ReadAll(io.LimitReader(f, maxIdentityFile))
		if err != nil {
			return fmt.Errorf("read identities (%s): %w", IdentityKey, err)
		}
		ids, err := sealed.ParseIdentities(data)
		if err != nil {
			return fmt.Errorf("read identities of %s: %w", path, err)
		}
		all = append(all, ids...)
		return nil
	})
	if git.ExitCode(err) == 1 { // there are none
		err = nil
	}
	return all, err
}
