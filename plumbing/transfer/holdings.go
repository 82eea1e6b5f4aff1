// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
)

const (
	// surveyChunks is how many chunks a source is asked about at a time.
	surveyChunks = 1 << 16
	// refreshChunks is the same for a source that is asked again. From a
	// peer that makes progress a sample finds something, and it keeps eight
	// peers that are asked every second below 1 % of a 100 Mbit/s line.
	refreshChunks = 512
	// After patience refreshes that brought nothing the pauses grow, up to
	// pauseMost times Options.Refresh.
	patience  = 4
	pauseMost = 8
)

// survey asks o about every chunk, unless it has answered before.
func (r *run) survey(ctx context.Context, o *origin) error {
	if o.known {
		return nil
	}
	for idx := range slices.Chunk(r.unfinished(), surveyChunks) {
		if _, err := r.have(ctx, o, idx); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	o.known, o.asking = true, false
	o.pace(o.any, r.o.Refresh)
	r.poke()
	return nil
}

func (r *run) unfinished() []int32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	var idx []int32
	for i, p := range r.q.phase {
		if p != finished {
			idx = append(idx, int32(i))
		}
	}
	return idx
}

// have asks o which of the chunks it has, and tells whether that brought
// anything new.
func (r *run) have(ctx context.Context, o *origin, idx []int32) (bool, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, o.stall, ErrStalled)
	defer cancel()
	ids := make([]chunkstore.ID, len(idx))
	for k, i := range idx {
		ids[k] = r.q.want[i].ID
	}
	began := time.Now()
	got, err := o.src.Have(ctx, ids)
	switch {
	case err != nil && context.Cause(ctx) == ErrStalled:
		err = ErrStalled
	case err == nil && len(got) != len(ids):
		err = fmt.Errorf("%d answers for %d chunks", len(got), len(ids))
	}
	if err != nil {
		return false, fmt.Errorf("ask what is there: %w", err)
	}
	return r.learn(o, idx, got, time.Since(began)), nil
}

func (r *run) learn(o *origin, idx []int32, got []bool, took time.Duration) (news bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !o.known || took < o.window.delay {
		o.window.delay = took
	}
	for k, i := range idx {
		if !got[k] || !o.lacks(i) || r.q.phase[i] == finished {
			continue
		}
		o.has.set(i)
		o.cursor = min(o.cursor, int(r.q.pos[i]))
		o.any, news = true, true
	}
	r.q.stale = r.q.stale || news
	r.sort(time.Now())
	o.wake()
	return news
}

// lacks tells whether it would be new that o has chunk i.
func (o *origin) lacks(i int32) bool {
	return !o.has.get(i) && (o.denied == nil || !o.denied.get(i))
}

// deny takes note that o cannot give chunk i, whatever it says later.
func (o *origin) deny(i int32) {
	if o.denied == nil {
		o.denied = make(bitmap, len(o.has))
	}
	o.denied.set(i)
	o.has.clear(i)
}

// pace plans when o is asked Have again.
func (o *origin) pace(news bool, refresh time.Duration) {
	o.barren++
	if news {
		o.barren = 0
	}
	// The first few keep their pace: a peer that began when we did commits
	// its first chunks after a second or two.
	pause := min(pauseMost, 1<<max(0, o.barren-patience))
	o.next = time.Now().Add(time.Duration(pause) * refresh)
}

// refresh asks o what it has got since the last time, if that is long enough
// ago. It tells whether it did. It is done also while o has other things to
// give: what it has need not be got from a busier one.
func (r *run) refresh(o *origin, now time.Time) bool {
	if o.static || !o.active || !o.known || o.refreshing || now.Before(o.next) {
		return false
	}
	idx := r.q.sample(o)
	if len(idx) == 0 {
		return false
	}
	o.refreshing = true
	r.wg.Go(func() {
		news, err := r.have(r.ctx, o, idx)
		if err != nil {
			r.putAside(o, err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		o.refreshing = false
		o.pace(news, r.o.Refresh)
		o.grows = news || o.grows && o.barren < patience
		r.poke()
	})
	return true
}

// hope tells whether origins may soon have what is missing: those that have
// not been asked for a while, and those that had something new the last time.
func (r *run) hope(now time.Time) bool {
	hope := false
	for _, o := range r.origins {
		growing := o.active && !o.static && o.barren == 0
		if r.refresh(o, now) || growing && len(r.q.sample(o)) > 0 {
			hope = true
		}
	}
	return hope
}

// sample returns some unfinished chunks that o is not known to have: half of
// them those that come next, the others from everywhere.
func (q *queue) sample(o *origin) []int32 {
	var near, far []int32
	for _, i := range q.order {
		switch {
		case q.phase[i] == finished || !o.lacks(i):
		case len(near) < refreshChunks/2:
			near = append(near, i)
		default:
			far = append(far, i)
		}
	}
	step := max(1, 2*len(far)/refreshChunks)
	for at := 0; at < len(far); at += step {
		near = append(near, far[(at+rand.IntN(step))%len(far)])
	}
	return near
}
