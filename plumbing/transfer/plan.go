// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// PlanFetch asks the sources what they have, and returns what Fetch would
// probably do, without moving anything: rates are not known, so of the sources
// that have a chunk, the one that has least to give gives it.
func PlanFetch(ctx context.Context, want []Want, sources []Source, sink Sink, o Options) (Result, error) {
	r, err := newRun(want, sources, sink, o)
	if err != nil {
		return Result{}, err
	}
	r.ctx, r.cancel = context.WithCancelCause(ctx)
	defer r.cancel(nil)
	if r.q.left > 0 {
		r.surveyAll()
	}
	if ctx.Err() != nil {
		return r.result(), context.Cause(ctx)
	}
	for _, i := range r.q.order {
		r.assign(i)
	}
	return r.result(), nil
}

func (r *run) surveyAll() {
	for _, o := range r.origins {
		o.active, o.tried, o.stop, o.stall = true, 1, func() {}, r.o.Stall
	}
	var g errgroup.Group
	g.SetLimit(max(1, r.atOnce()))
	for _, o := range r.origins {
		g.Go(func() error {
			if err := r.survey(r.ctx, o); err != nil {
				r.putAside(o, err)
			}
			return nil
		})
	}
	_ = g.Wait() // each has its own error
}

// assign gives chunk i to the origin that has it and least to do.
func (r *run) assign(i int32) {
	var least *origin
	for _, o := range r.origins {
		if o.active && o.has.get(i) && (least == nil || o.result.Bytes < least.result.Bytes) {
			least = o
		}
	}
	if least == nil {
		return
	}
	n := r.q.length(i)
	least.result.Chunks++
	least.result.Bytes += n
	r.sum.Chunks++
	r.sum.Bytes += n
	r.q.finish(i)
}
