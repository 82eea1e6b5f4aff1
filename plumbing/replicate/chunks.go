// SPDX-License-Identifier: Apache-2.0

package replicate

import (
	"context"
	"errors"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
	"github.com/git-devops/git-devops/plumbing/transfer"
)

// Chunks gets the absent chunks from the sources into the store, where they
// are durable and held when it returns. Those that no source could give are in
// the Result, which also names the sources that failed. What came before an
// error, or an interrupt, stays, and the next call goes on from there.
func Chunks(ctx context.Context, store *gitstore.Store, absent []chunkstore.Piece, sources []transfer.Source, o transfer.Options) (transfer.Result, error) {
	if len(absent) == 0 {
		return transfer.Result{}, nil
	}
	sink, err := transfer.NewStoreSink(ctx, store)
	if err != nil {
		return transfer.Result{}, err
	}
	o.Checkpoint = sink.Checkpoint
	result, err := transfer.Fetch(ctx, wants(absent), sources, sink, o)
	return result, errors.Join(err, sink.Finish(context.WithoutCancel(ctx)))
}

// Restore is Chunks for chunks that count as held and cannot be read: good
// copies of them are stored beside what is there.
func Restore(ctx context.Context, store *gitstore.Store, damaged []chunkstore.Piece, sources []transfer.Source, o transfer.Options) (transfer.Result, error) {
	sink, err := transfer.NewStoreSink(ctx, store)
	if err != nil {
		return transfer.Result{}, err
	}
	o.Checkpoint = sink.Checkpoint
	result, err := transfer.Fetch(ctx, wants(damaged), sources, wanting{sink}, o)
	return result, errors.Join(err, sink.Finish(context.WithoutCancel(ctx)))
}

// wanting is a sink that has nothing yet.
type wanting struct{ *transfer.StoreSink }

func (wanting) Has(chunkstore.ID) (bool, error) { return false, nil }

// Plan tells what Chunks would get from where.
func Plan(ctx context.Context, store *gitstore.Store, absent []chunkstore.Piece, sources []transfer.Source, o transfer.Options) (transfer.Result, error) {
	return transfer.PlanFetch(ctx, wants(absent), sources, reading{store}, o)
}

func wants(absent []chunkstore.Piece) []transfer.Want {
	all := make([]transfer.Want, len(absent))
	for i, p := range absent {
		all[i] = transfer.Want{ID: p.ID, Length: p.Length}
	}
	return all
}

// reading is a sink that only tells what is there.
type reading struct{ store *gitstore.Store }

func (r reading) Has(id chunkstore.ID) (bool, error) { return r.store.Has(context.Background(), id) }

func (reading) Append(o packfile.Object) error {
	panic("internal error: a plan stores nothing")
}
