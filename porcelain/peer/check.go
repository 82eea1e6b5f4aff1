// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/peers"
	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/plumbing/stockgit"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
)

// atOnce is how many peers are asked at the same time.
const atOnce = 16

// check asks peers all at once and prints them in order.
func (v *verb) check(ctx context.Context, names []string) error {
	remotes, err := v.choose(ctx, names)
	if err != nil {
		return err
	}
	lacking, err := v.lacking(ctx)
	if err != nil {
		return err
	}
	o, err := v.g.PeerOptions(v.w)
	if err != nil {
		return err
	}
	group := &errgroup.Group{}
	group.SetLimit(atOnce)
	states := make([]state, len(remotes))
	for i, r := range remotes {
		group.Go(func() error {
			states[i] = v.ask(ctx, r, o, lacking)
			return nil
		})
	}
	_ = group.Wait() // each has its own error
	if err := ctx.Err(); err != nil {
		return err
	}
	return v.report(states)
}

// choose returns the remotes that are named; without names, those that can be
// peers.
func (v *verb) choose(ctx context.Context, names []string) ([]peers.Remote, error) {
	all, err := peers.List(ctx, v.w.Git)
	if err != nil {
		return nil, err
	}
	var chosen []peers.Remote
	for _, name := range names {
		i := find(all, name)
		if i < 0 {
			return nil, &unknownError{name}
		}
		chosen = append(chosen, all[i])
	}
	for _, r := range all {
		if len(names) == 0 && r.Err == nil {
			chosen = append(chosen, r)
		}
	}
	if len(chosen) == 0 {
		return nil, errNoPeers{errors.New("this repository has no peers")}
	}
	return chosen, nil
}

// errNoPeers says that there is nobody to ask.
type errNoPeers struct{ error }

// Hint says how that changes.
func (errNoPeers) Hint() string { return "'git devops peer add <name> <url>' adds one" }

// lacking are the chunks of HEAD's files that are not held here.
func (v *verb) lacking(ctx context.Context) ([]chunkstore.Piece, error) {
	need := worktree.NewNeed()
	if _, err := v.w.Repo.ResolveTree("HEAD"); errors.Is(err, repo.ErrNotFound) {
		return nil, nil // nothing is committed yet
	}
	if err := v.w.AddTree(ctx, need, "HEAD", nil); err != nil {
		return nil, err
	}
	return need.Lacking, nil
}

// ask opens one peer.
func (v *verb) ask(ctx context.Context, r peers.Remote, o peers.Options, lacking []chunkstore.Piece) state {
	s := state{Name: r.Name, URL: r.URL, Lacking: len(lacking)}
	p, err := peers.Open(ctx, r, o)
	if err != nil {
		s.fail(err)
		return s
	}
	defer p.Close()
	s.Reached, s.Agent, s.Locks = true, p.Agent(), p.GrantsLocks()
	source := haver(p)
	if p.Stock() {
		server, err := stockgit.OfRemote(v.w.Repo, v.w.Git.With(p.GitEnv()...), r.Name, r.URL)
		if err != nil {
			s.fail(err)
			return s
		}
		stock := server.Source()
		defer stock.Close()
		source = stock
	} else if err := s.measure(ctx, p); err != nil {
		s.fail(err)
		return s
	}
	if err := s.count(ctx, source, lacking); err != nil {
		s.fail(err)
	}
	return s
}

// haver is what can be asked for chunks.
type haver interface {
	Have(ctx context.Context, ids []chunkstore.ID) ([]bool, error)
}

// measure takes the time of one question.
func (s *state) measure(ctx context.Context, p haver) error {
	begin := time.Now()
	if _, err := p.Have(ctx, []chunkstore.ID{chunkstore.BlobID(nil)}); err != nil {
		return err
	}
	ms := float64(time.Since(begin).Microseconds()) / 1000
	s.RoundTrip = &ms
	return nil
}

// count asks for what is lacking here.
func (s *state) count(ctx context.Context, source haver, lacking []chunkstore.Piece) error {
	if len(lacking) == 0 {
		return nil
	}
	ids := make([]chunkstore.ID, len(lacking))
	for i, p := range lacking {
		ids[i] = p.ID
	}
	has, err := source.Have(ctx, ids)
	if err != nil {
		return err
	}
	for i, p := range lacking {
		if has[i] {
			s.Has++
			s.HasBytes += p.Length
		}
	}
	return nil
}

// report prints the states and decides on the exit code.
func (v *verb) report(states []state) error {
	bad := 0
	var hints sync.Map
	for _, s := range states {
		v.g.UI.Print(s)
		if s.Error == "" {
			continue
		}
		bad++
		if _, told := hints.LoadOrStore(s.Hint, true); !told && s.Hint != "" {
			v.g.UI.Hintf("%s", s.Hint)
		}
	}
	switch {
	case bad == 0:
		return nil
	case bad == len(states):
		return porcelain.Exit(porcelain.Fatal, errors.New("no peer can be used"))
	}
	return porcelain.Exit(porcelain.Partial, fmt.Errorf("%d of %d peers cannot be used", bad, len(states)))
}
