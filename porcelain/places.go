// SPDX-License-Identifier: Apache-2.0

package porcelain

import (
	"context"
	"errors"

	"github.com/git-devops/git-devops/plumbing/places"
	"github.com/git-devops/git-devops/plumbing/stores"
	"github.com/git-devops/git-devops/plumbing/worktree"
)

// noPlaces says that there is nobody to ask.
type noPlaces struct{ error }

// Hint says what to do.
func (noPlaces) Hint() string {
	return "'git devops peer add <name> <url>' or 'git devops store add <name> <url>' makes one"
}

var errNoPlaces = noPlaces{errors.New("no peer and no store is configured")}

// Connected is what is done when there is a connection to a remote.
type Connected = func(ctx context.Context, remote string, gitEnv []string)

// Places opens the peers and stores of the repository, or those with these
// names. The caller closes the set, in which each place that could not be
// reached has its error. Where none is configured, that is the error.
func (g *Globals) Places(ctx context.Context, w *worktree.Worktree, names []string) (places.Set, error) {
	return g.PlacesBeside(ctx, w, names, 0, nil)
}

// PlacesBeside is Places for so many at a time, 0 for all, and has connected do
// what git is to do with each remote as soon as there is a connection; see
// places.Config.
func (g *Globals) PlacesBeside(ctx context.Context, w *worktree.Worktree, names []string, jobs int, connected Connected) (places.Set, error) {
	set, err := g.openPlaces(ctx, w, names, jobs, connected)
	if err == nil && len(set) == 0 {
		err = errNoPlaces
	}
	return set, err
}

// OpenPlaces is Places for what can do without: that there are none is no
// error.
func (g *Globals) OpenPlaces(ctx context.Context, w *worktree.Worktree) (places.Set, error) {
	return g.openPlaces(ctx, w, nil, 0, nil)
}

// PlacesUnasked is Places without reaching any of them.
func (g *Globals) PlacesUnasked(ctx context.Context, w *worktree.Worktree) (places.Set, error) {
	return g.places(w).List(ctx, nil)
}

// Stores returns the stores of the repository.
func (g *Globals) Stores(w *worktree.Worktree) *stores.Stores {
	return stores.New(w.Repo, w.Git, g.Env.Getenv)
}

func (g *Globals) places(w *worktree.Worktree) places.Config {
	return places.Config{Repo: w.Repo, Git: w.Git, Stores: g.Stores(w)}
}

func (g *Globals) openPlaces(ctx context.Context, w *worktree.Worktree, names []string, jobs int, connected Connected) (places.Set, error) {
	config := g.places(w)
	config.Connected, config.Jobs = connected, jobs
	var err error
	if config.Peers, err = g.PeerOptions(w); err != nil {
		return nil, err
	}
	return config.Open(ctx, names)
}
