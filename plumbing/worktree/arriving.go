// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"context"
	"errors"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/gitstore"
)

// besideBytes is how much is fetched beside the writing of files: both take
// memory, and what takes long to come is not waited for any longer when the
// writing begins after it.
const besideBytes = 16 << 20

// arriving is a store some of whose chunks are on their way. Who wants one that
// is not there waits for the end of the fetch.
type arriving struct {
	*gitstore.Store
	cancel context.CancelFunc
	ended  chan struct{} // closed when nothing comes any more
	err    error         // of the fetch; valid then
}

// fetchBeside has the absent chunks fetched. The caller calls end.
func (w *Worktree) fetchBeside(ctx context.Context, absent []chunkstore.Piece) *arriving {
	ctx, cancel := context.WithCancel(ctx)
	a := &arriving{Store: w.Store, cancel: cancel, ended: make(chan struct{})}
	var size int64
	for _, p := range absent {
		size += p.Length
	}
	go func() {
		defer close(a.ended)
		if len(absent) > 0 {
			a.err = w.Fetch(ctx, absent)
		}
	}()
	if size > besideBytes {
		<-a.ended
	}
	return a
}

// end returns what went wrong, with err that of those who read: what they had
// to do with the fetch. After an error of theirs alone the fetch is ended.
func (a *arriving) end(err error) error {
	if err != nil {
		a.cancel()
	}
	<-a.ended
	a.cancel()
	if a.err != nil && (err == nil || !errors.Is(a.err, context.Canceled)) {
		return a.err
	}
	return err
}

// Read implements largefile.Chunks.
func (a *arriving) Read(ctx context.Context, id chunkstore.ID, buf []byte) ([]byte, error) {
	return a.await(ctx, func() ([]byte, error) { return a.Store.Read(ctx, id, buf) })
}

// Get implements largefile.Chunks.
func (a *arriving) Get(ctx context.Context, id chunkstore.ID) ([]byte, error) {
	return a.await(ctx, func() ([]byte, error) { return a.Store.Get(ctx, id) })
}

// await reads, and once more when the chunk may have come.
func (a *arriving) await(ctx context.Context, read func() ([]byte, error)) ([]byte, error) {
	data, err := read()
	if _, missing := errors.AsType[*chunkstore.MissingError](err); !missing {
		return data, err
	}
	select {
	case <-a.ended:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if a.err != nil {
		return nil, a.err
	}
	return read()
}
