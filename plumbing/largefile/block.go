// SPDX-License-Identifier: Apache-2.0

package largefile

import (
	"context"
	"sync/atomic"
)

// A block is a piece of memory that chunks lie in. It goes back to its pool
// when the last one that retained it releases it.
type block struct {
	buf  []byte
	refs atomic.Int32
	pool *blockPool
}

func (b *block) retain() { b.refs.Add(1) }

func (b *block) release() {
	if b.refs.Add(-1) == 0 {
		b.pool.free <- b
	}
}

// A blockPool holds a fixed number of blocks: this is what bounds the memory
// of a capture.
type blockPool struct{ free chan *block }

func newBlockPool(count, size int) *blockPool {
	p := &blockPool{free: make(chan *block, count)}
	for range count {
		p.free <- &block{buf: make([]byte, size), pool: p}
	}
	return p
}

// get waits for a free block; the caller holds one reference to it.
func (p *blockPool) get(ctx context.Context) (*block, error) {
	select {
	case b := <-p.free:
		b.refs.Store(1)
		return b, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
