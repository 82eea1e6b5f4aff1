// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"context"
	"math"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// tick is how often what depends on time alone is looked at.
const tick = 250 * time.Millisecond

// Fetch gets the wanted chunks from the sources and puts them into sink. That
// chunks are missing at the end is no error: the Result names them, and the
// sources that were put aside, with the reason.
//
// It returns an error when ctx is done, when the sink or the checkpoint
// returns one, or when a want makes no sense. The Result then says what has
// been done until then. No goroutine and no stream is left in any case.
func Fetch(ctx context.Context, want []Want, sources []Source, sink Sink, o Options) (Result, error) {
	r, err := newRun(want, sources, sink, o)
	if err != nil {
		return Result{}, err
	}
	r.ctx, r.cancel = context.WithCancelCause(ctx)
	r.loop(ctx)
	r.cancel(context.Canceled)
	r.wg.Wait()
	if ctx.Err() != nil {
		return r.result(), context.Cause(ctx)
	}
	if r.failure == nil {
		r.failure = r.checkpoint(ctx)
	}
	return r.result(), r.failure
}

// A run is one Fetch.
type run struct {
	o       Options
	sink    Sink
	memory  *semaphore.Weighted // bytes
	storing *semaphore.Weighted // one for each Append, everyStore to checkpoint
	begun   time.Time
	ctx     context.Context
	cancel  context.CancelCauseFunc
	wg      sync.WaitGroup
	kick    chan struct{} // there may be something for loop to do

	progress sync.Mutex // held while Options.Progress runs

	mu        sync.Mutex
	q         *queue
	origins   []*origin
	sorted    time.Time
	spare     int64 // bytes that may still be asked for twice
	appending int
	sum       Result
	committed int64 // of sum.Bytes
	commitAt  time.Time
	failure   error
}

const everyStore = math.MaxInt64

func newRun(want []Want, sources []Source, sink Sink, o Options) (*run, error) {
	o = o.withDefaults(len(sources))
	q, present, err := newQueue(want, sink)
	if err != nil {
		return nil, err
	}
	if o.Random {
		q.shuffle(o.Seed)
	}
	now := time.Now()
	r := &run{
		o: o, sink: sink, q: q, begun: now, commitAt: now, kick: make(chan struct{}, 1),
		memory:  semaphore.NewWeighted(o.Memory),
		storing: semaphore.NewWeighted(everyStore),
		spare:   q.total/100 + o.Window,
		sum:     Result{Present: present, Sources: make([]SourceResult, len(sources))},
	}
	for i, s := range sources {
		r.sum.Sources[i].Name = s.Name()
		r.origins = append(r.origins, newOrigin(s, &r.sum.Sources[i], len(want)))
	}
	return r, nil
}

// loop runs until all is there, nobody can give the rest, or the run is
// cancelled. Checkpoints have the caller's ctx, which the run's end leaves be.
func (r *run) loop(ctx context.Context) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	r.startAll()
	for !r.over() {
		select {
		case <-r.kick:
		case <-ticker.C:
			r.ticked()
		case <-r.ctx.Done():
			return
		}
		if r.due() {
			if err := r.checkpoint(ctx); err != nil {
				r.fail(err)
			}
		}
	}
}

func (r *run) startAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.q.left == 0 {
		return
	}
	for range r.atOnce() {
		r.startNext()
	}
}

// atOnce is how many sources are asked at a time.
func (r *run) atOnce() int {
	if n := r.o.Sources; n > 0 && n < len(r.origins) {
		return n
	}
	return len(r.origins)
}

// over tells whether all is there, or what is not can be got from nobody. Who
// could have more by now is asked, and who failed is tried again, before that
// is so.
func (r *run) over() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.q.left == 0 {
		return true
	}
	if r.appending > 0 {
		return false
	}
	for _, o := range r.origins {
		if _, more := r.q.peek(o); o.busy() || o.active && more {
			return false
		}
	}
	return !r.hope(time.Now()) && !r.revive()
}

// ticked does what is due by the clock.
func (r *run) ticked() {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	r.sort(now)
	for _, o := range r.origins {
		r.refresh(o, now)
	}
	r.wake()
}

// sort puts what is to be asked for into order again. With a million chunks
// that takes some 20 ms for each source, so then it is not done at once.
func (r *run) sort(now time.Time) {
	rest := time.Duration(len(r.q.base)) * time.Microsecond
	if r.q.stale && now.Sub(r.sorted) >= rest {
		r.q.sort(r.origins)
		r.sorted = now
	}
}

// fail ends the run with err.
func (r *run) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failure == nil && r.ctx.Err() == nil {
		r.failure = err
	}
	r.cancel(err)
}

// poke makes loop look around.
func (r *run) poke() {
	select {
	case r.kick <- struct{}{}:
	default:
	}
}

// wake makes every lane look for something to ask for.
func (r *run) wake() {
	for _, o := range r.origins {
		o.wake()
	}
}

// result completes the sum. Nothing runs any more.
func (r *run) result() Result {
	for i, p := range r.q.phase {
		if p != finished {
			r.sum.Missing = append(r.sum.Missing, r.q.want[i].ID)
		}
	}
	return r.sum
}
