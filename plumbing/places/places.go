// SPDX-License-Identifier: Apache-2.0

// Package places opens what is configured beside this repository and may have
// chunks: peers, stock git servers and stores, all at once, so that one that
// cannot be reached costs time, but never the run.
package places

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/git-devops/git-devops/plumbing/copies"
	"github.com/git-devops/git-devops/plumbing/known"
	"github.com/git-devops/git-devops/plumbing/stores"
	"github.com/git-devops/git-devops/plumbing/transfer"
)

// A Kind says how a place is reached.
type Kind string

// The kinds of places.
const (
	Peer      Kind = "peer"  // a git remote where git-devops answers
	GitServer Kind = "git"   // a git remote where only git does
	Store     Kind = "store" // passive storage
)

// A Place is somewhere that may have chunks, as it is configured, and as it
// was found when it was opened.
type Place struct {
	Name string
	URL  string
	Kind Kind // of a remote that was not reached it is a guess
	Err  error

	// What follows is for a place that was reached.

	Source  transfer.Source
	Keeper  copies.Keeper  // unless it promises nothing
	Witness copies.Witness // of a place that is passive
	Store   *stores.Store  // of a store
	// OnlyGit is why git-devops does not answer there, of a git server that
	// was asked for it.
	OnlyGit error
	// GitEnv lets git share the connection.
	GitEnv []string

	close func() error
}

// KnownAs is what package known calls the place.
func (p *Place) KnownAs() string {
	if p.Kind == Store {
		return known.Store(p.Name)
	}
	return known.Peer(p.Name)
}

// A Set is places in the order of their configuration.
type Set []*Place

// open opens all of them, so many at a time.
func (s Set) open(ctx context.Context, jobs int, open func(context.Context, *Place) error) {
	var g errgroup.Group
	if jobs > 0 {
		g.SetLimit(jobs)
	}
	for _, p := range s {
		g.Go(func() error {
			p.Err = open(ctx, p)
			return nil
		})
	}
	_ = g.Wait() // each has its own error
}

// Reached returns the places that were reached.
func (s Set) Reached() Set {
	return slices.DeleteFunc(slices.Clone(s), func(p *Place) bool { return p.Err != nil })
}

// Unreached returns the places that were not.
func (s Set) Unreached() Set {
	return slices.DeleteFunc(slices.Clone(s), func(p *Place) bool { return p.Err == nil })
}

// Distinct returns the places without those that turn out to be an earlier one
// by a second name: what both have is one copy.
func (s Set) Distinct() Set {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(s), func(p *Place) bool {
		id := p.identity()
		was := seen[id]
		seen[id] = id != ""
		return was
	})
}

// identity is "" of a place that was not reached, or does not tell.
func (p *Place) identity() string {
	if p.Keeper != nil {
		return copies.Identity(p.Keeper)
	}
	return copies.Identity(p.Witness)
}

// Remotes returns the places that are git remotes.
func (s Set) Remotes() Set {
	return slices.DeleteFunc(slices.Clone(s), func(p *Place) bool { return p.Kind == Store })
}

// Sources returns the sources of the places that were reached.
func (s Set) Sources() []transfer.Source {
	var sources []transfer.Source
	for _, p := range s.Reached() {
		sources = append(sources, p.Source)
	}
	return sources
}

// Proofs returns who can prove that there are other copies.
func (s Set) Proofs() (keepers []copies.Keeper, witnesses []copies.Witness) {
	for _, p := range s.Reached() {
		if p.Keeper != nil {
			keepers = append(keepers, p.Keeper)
		}
		if p.Witness != nil {
			witnesses = append(witnesses, p.Witness)
		}
	}
	return keepers, witnesses
}

// Close closes the places that were reached.
func (s Set) Close() error {
	var errs []error
	for _, p := range s.Reached() {
		if p.close != nil {
			errs = append(errs, p.close())
		}
	}
	return errors.Join(errs...)
}
