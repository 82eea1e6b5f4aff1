// SPDX-License-Identifier: Apache-2.0

package places

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/known"
	"github.com/git-devops/git-devops/plumbing/peers"
	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/plumbing/stockgit"
	"github.com/git-devops/git-devops/plumbing/stores"
	"github.com/git-devops/git-devops/plumbing/transfer"
)

// An UnknownError says that nothing is configured by a name.
type UnknownError struct{ Name string }

// Error names it.
func (e *UnknownError) Error() string { return fmt.Sprintf("no peer or store named '%s'", e.Name) }

// Hint says what a person can do.
func (*UnknownError) Hint() string {
	return "'git devops peer list' and 'git devops store list' show those that there are"
}

// Config says which repository's places are meant, and how they are reached.
type Config struct {
	Repo   *repo.Repo
	Git    git.Runner
	Stores *stores.Stores
	Peers  peers.Options
	// Jobs is how many are reached at a time, 0 for all.
	Jobs int
	// Connected, unless nil, is called by Open for each git remote that
	// there is a connection to, perhaps for several at the same time, with
	// the variables that let git share it. It runs beside what Open asks the
	// remote, which may yet turn out to be of no use, and Open waits for it.
	Connected func(ctx context.Context, remote string, gitEnv []string)
}

// List returns the peers, by name, and then the stores, none of them reached;
// with names only those, in their order. The error is an *UnknownError for
// another name.
func (c Config) List(ctx context.Context, names []string) (Set, error) {
	remotes, err := peers.List(ctx, c.Git)
	if err != nil {
		return nil, err
	}
	configs, err := c.Stores.List(ctx)
	if err != nil {
		return nil, err
	}
	var all Set
	for _, r := range remotes {
		all = append(all, &Place{Name: r.Name, URL: r.URL, Kind: Peer, Err: errNotAsked})
	}
	for _, s := range configs {
		all = append(all, &Place{Name: s.Name, URL: s.URL, Kind: Store, Err: errNotAsked})
	}
	return choose(all, names)
}

// errNotAsked is the Err of a place that nobody tried to reach.
var errNotAsked = errors.New("not asked")

func choose(all Set, names []string) (Set, error) {
	if len(names) == 0 {
		return all, nil
	}
	var chosen Set
	for _, name := range names {
		i := slices.IndexFunc(all, func(p *Place) bool { return p.Name == name })
		if i < 0 {
			return nil, &UnknownError{name}
		}
		if !slices.Contains(chosen, all[i]) {
			chosen = append(chosen, all[i])
		}
	}
	return chosen, nil
}

// Open is List, and reaches all of them, as many at the same time as may be. The caller closes
// the set. That a place cannot be reached is no error of Open: the place has
// it.
func (c Config) Open(ctx context.Context, names []string) (Set, error) {
	set, err := c.List(ctx, names)
	if err != nil {
		return nil, err
	}
	remotes, err := peers.List(ctx, c.Git)
	if err != nil {
		return nil, err
	}
	set.open(ctx, c.Jobs, func(ctx context.Context, p *Place) error {
		if p.Kind == Store {
			return c.openStore(ctx, p)
		}
		i := slices.IndexFunc(remotes, func(r peers.Remote) bool { return r.Name == p.Name })
		if i < 0 {
			return &UnknownError{p.Name} // gone this moment
		}
		return c.openRemote(ctx, p, remotes[i])
	})
	return set, ctx.Err()
}

// openRemote opens a git remote: where git-devops does not answer, git does.
func (c Config) openRemote(ctx context.Context, p *Place, r peers.Remote) error {
	if r.Err != nil && isWeb(r.URL) {
		p.Kind = GitServer
		c.connected(ctx, r, nil)
		return c.openServer(p, c.Git)
	}
	o := c.Peers
	o.Connected = c.connected
	reached, err := peers.Open(ctx, r, o)
	if err != nil {
		return err
	}
	p.close, p.GitEnv = reached.Close, reached.GitEnv()
	if reached.Stock() {
		p.Kind, p.OnlyGit = GitServer, reached.WhyStock()
		return c.openServer(p, c.Git.With(p.GitEnv...))
	}
	c.note(p, reached)
	if reached.GrantsLocks() {
		p.Keeper = reached
	}
	return nil
}

func (c Config) connected(ctx context.Context, r peers.Remote, gitEnv []string) {
	if c.Connected != nil {
		c.Connected(ctx, r.Name, gitEnv)
	}
}

func (c Config) openServer(p *Place, g git.Runner) error {
	s, err := stockgit.OfRemote(c.Repo, g, p.Name, p.URL)
	if err != nil {
		return err
	}
	source := s.Source()
	closeConn := p.close
	p.close = func() error {
		source.Close()
		if closeConn == nil {
			return nil
		}
		return closeConn()
	}
	c.note(p, source)
	p.Witness = s.Witness()
	return nil
}

// isWeb tells whether only git can reach a URL.
func isWeb(url string) bool {
	for _, scheme := range []string{"https://", "http://", "git://"} {
		if strings.HasPrefix(url, scheme) {
			return true
		}
	}
	return false
}

func (c Config) openStore(ctx context.Context, p *Place) error {
	s, err := c.Stores.Open(ctx, p.Name)
	if err != nil {
		return err
	}
	p.Source, p.Witness, p.Store, p.close = s.Source(), s, s, s.Close
	return nil
}

// note makes s the place's source and has its answers remembered.
func (c Config) note(p *Place, s transfer.Source) {
	n := &noting{Source: s, known: known.Open(c.Repo.CommonDir()), place: p.KnownAs()}
	closePlace := p.close
	p.Source = n
	p.close = func() error {
		n.note()
		return closePlace()
	}
}
