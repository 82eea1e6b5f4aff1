// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/transfer"
	"github.com/git-devops/git-devops/plumbing/transfer/sourcetest"
)

func TestConformance(t *testing.T) {
	sourcetest.Run(t, func(t *testing.T, chunks ...[]byte) sourcetest.Subject {
		dir := t.TempDir()
		s := newStoreIn(t, dir)
		hold(t, s, chunks...)
		road := &road{server: ServerOptions{Store: s}}
		source := NewSource("web-07", 2, road.dial)
		t.Cleanup(func() { source.Close() })
		return sourcetest.Subject{Source: source, Cut: road.cut, Dir: dir}
	})
}

// A road leads to a server, until it is cut.
type road struct {
	server ServerOptions

	mu    sync.Mutex
	ends  []net.Conn // the server's
	isCut bool
}

func (r *road) dial(ctx context.Context) (*Client, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.isCut {
		return nil, errors.New("no route to host")
	}
	ours, theirs := net.Pipe()
	r.ends = append(r.ends, theirs)
	go Serve(context.WithoutCancel(ctx), theirs, theirs, r.server)
	return NewClient(ctx, ours, ClientOptions{Name: "web-07"})
}

func (r *road) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.isCut = true
	for _, c := range r.ends {
		c.Close()
	}
}

// TestFaultyStores: what is wrong with what a server serves.
func TestFaultyStores(t *testing.T) {
	sourcetest.RunFaults(t, func(t *testing.T, name string, s chunkstore.Store) transfer.Source {
		road := &road{server: ServerOptions{Store: served{s}}}
		source := NewSource(name, 2, road.dial)
		t.Cleanup(func() {
			source.Close()
			// A server that its store keeps waiting ends when it is idle.
			time.Sleep(IdleTimeout + 2*grace)
		})
		return source
	})
}

// served is any store, for a server.
type served struct{ chunkstore.Store }

func (served) Refresh() error { return nil }

// ReadRaw encodes what the store gives as id, be it that or not.
func (s served) ReadRaw(ctx context.Context, id chunkstore.ID, _ []byte) ([]byte, error) {
	content, err := s.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	return entryOf(content), nil
}
