// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"

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
