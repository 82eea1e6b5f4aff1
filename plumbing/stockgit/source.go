// SPDX-License-Identifier: Apache-2.0

package stockgit

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
	"github.com/git-devops/git-devops/plumbing/transfer"
)

const (
	// streams is how many fetches at once are useful: while one waits for
	// the server, others keep the line busy.
	streams = 3
	// fetchBytes and fetchChunks bound one fetch, in content.
	fetchBytes  = 64 << 20
	fetchChunks = 4096
)

// A Source gets chunks from a server. It implements transfer.Source.
type Source struct {
	server *Server
	// turn is held by whoever lists, or fetches whole manifests.
	turn   chan struct{}
	listed bool
	// offers are what the server has of the manifests known here, by id.
	offers []offer
	// byRef says that the server gives no object by its id.
	byRef atomic.Bool
	// whole are the manifests fetched because of that.
	whole atomic.Pointer[haul]
	got   map[chunkstore.ID]bool
}

// An offer is a chunk that a manifest of the server has.
type offer struct {
	id       chunkstore.ID
	length   int32
	manifest chunkstore.ID
}

// longest is how much of the chunk is read at most, bytes.
func (o offer) longest() int64 {
	if o.length == 0 {
		return packfile.MaxContent
	}
	return transfer.Longest(int64(o.length))
}

// Source returns the server as a source of chunks. It has the chunks of those
// manifests that have a ref there and are in the repository here.
func (s *Server) Source() *Source {
	return &Source{server: s, turn: make(chan struct{}, 1), got: map[chunkstore.ID]bool{}}
}

// Close frees what the source has on disk. No stream may be open.
func (s *Source) Close() {
	if h := s.whole.Swap(nil); h != nil {
		h.close()
	}
}

// Name implements transfer.Source.
func (s *Source) Name() string { return s.server.Name }

// Identity is the same for each remote that leads to the URL: what they have
// is one copy.
func (s *Source) Identity() string { return s.server.URL }

// Streams implements transfer.Source.
func (s *Source) Streams() int { return streams }

// Static says that the server is asked for its refs only once.
func (s *Source) Static() bool { return true }

// Have implements transfer.Source. The server is asked once for its refs.
func (s *Source) Have(ctx context.Context, ids []chunkstore.ID) ([]bool, error) {
	if err := s.list(ctx); err != nil {
		return nil, err
	}
	have := make([]bool, len(ids))
	for i, id := range ids {
		_, have[i] = s.find(id)
	}
	return have, nil
}

// acquire takes the turn; the caller gives it back with release.
func (s *Source) acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Source) release() { <-s.turn }

// list asks the server, the first time that it succeeds.
func (s *Source) list(ctx context.Context) error {
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	if s.listed {
		return nil
	}
	there, err := s.server.list(ctx)
	if err != nil {
		return err
	}
	s.offers = nil
	for id := range there.manifests {
		if err := ctx.Err(); err != nil {
			return err
		}
		m, err := s.server.manifest(id)
		if err != nil {
			return err
		}
		if m == nil {
			continue
		}
		for _, c := range chunksOf(m) {
			s.offers = append(s.offers, offer{c.id, int32(c.length), id})
		}
	}
	slices.SortFunc(s.offers, func(a, b offer) int { return a.id.Compare(b.id) })
	s.offers = slices.CompactFunc(s.offers, func(a, b offer) bool { return a.id == b.id })
	s.listed = true
	return nil
}

// find looks a chunk up; list was called before.
func (s *Source) find(id chunkstore.ID) (offer, bool) {
	i, found := slices.BinarySearchFunc(s.offers, id, func(o offer, id chunkstore.ID) int {
		return o.id.Compare(id)
	})
	if !found {
		return offer{}, false
	}
	return s.offers[i], true
}

// Open implements transfer.Source.
func (s *Source) Open(ctx context.Context) (transfer.Stream, error) {
	if err := s.list(ctx); err != nil {
		return nil, err
	}
	return newStream(s), nil
}
