// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"context"
	"errors"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// streamBytes is what a stream should have to do to be worth opening: each is
// a login and a program over there.
const streamBytes = 16 << 20

// tries is how often a source is started: once more after an error.
const tries = 2

// An origin is a source during a run. What follows result is guarded by
// run.mu.
type origin struct {
	src    Source
	static bool // what it has does not grow
	result *SourceResult

	stop    context.CancelFunc // ends its goroutines
	has     bitmap
	denied  bitmap // what it could not give although it has it; nil for none
	any     bool   // it has something
	known   bool   // it has been asked about every chunk
	active  bool   // may be asked
	serving bool   // its goroutine lives
	tried   int
	stall   time.Duration // how long it may be silent

	asking     bool // the first Have is under way
	refreshing bool // a later one is
	barren     int  // how many of the last ones brought nothing new
	next       time.Time
	grows      bool      // it is fetching, too: a refresh brought something
	yielding   time.Time // until then it is not asked for what only it has

	latest int32  // the chunk asked for last, or -1
	cursor int    // in queue.order; what is before cannot be asked for here
	out    int64  // bytes asked for and not there yet
	window window // for out
	lanes  []*lane
}

func newOrigin(s Source, result *SourceResult, chunks int) *origin {
	fixed, ok := s.(interface{ Static() bool })
	return &origin{
		src: s, result: result, latest: -1, has: newBitmap(chunks),
		static: ok && fixed.Static(),
	}
}

// busy tells whether something may still come of what o is doing.
func (o *origin) busy() bool {
	if o.active {
		return o.asking || o.refreshing || o.out > 0
	}
	return o.serving || o.refreshing
}

func (o *origin) wake() {
	for _, l := range o.lanes {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

// open is how many lanes share what comes from o, at least 1.
func (o *origin) open() int {
	n := 0
	for _, l := range o.lanes {
		if l.open {
			n++
		}
	}
	return max(1, n)
}

// start begins to get chunks from o.
func (r *run) start(o *origin) {
	o.active, o.serving, o.asking = true, true, !o.known
	o.tried++
	o.stall = r.o.Stall
	if errors.Is(o.result.Err, ErrStalled) {
		o.stall = max(time.Second, r.o.Stall/8)
	}
	o.window = window{size: r.o.Window, most: r.o.Window * int64(max(1, o.src.Streams()))}
	if r.o.Random {
		o.window.size = min(startWindow, r.o.Window)
	}
	ctx, stop := context.WithCancel(r.ctx)
	o.stop = stop
	r.wg.Go(func() { r.serve(ctx, o) })
}

// serve works on o until the run ends or o fails.
func (r *run) serve(ctx context.Context, o *origin) {
	err := r.survey(ctx, o)
	if err == nil {
		err = r.openLanes(ctx, o)
	}
	r.putAside(o, err)
	r.mu.Lock()
	o.serving = false
	r.mu.Unlock()
	r.poke()
}

// openLanes runs as many lanes as o's part of the work is worth. It returns when
// one fails, or the run ends.
func (r *run) openLanes(ctx context.Context, o *origin) error {
	r.mu.Lock()
	part := r.q.bytes / int64(r.atOnce())
	n := min(max(1, int64(o.src.Streams())), 1+part/streamBytes)
	for range n {
		o.lanes = append(o.lanes, newLane(r, o))
	}
	lanes := slices.Clone(o.lanes)
	r.mu.Unlock()
	g, ctx := errgroup.WithContext(ctx)
	for _, l := range lanes {
		g.Go(func() error { return l.run(ctx) })
	}
	return g.Wait()
}

// putAside ends asking o, and lets others be asked for what it has not given.
func (r *run) putAside(o *origin, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !o.active {
		return
	}
	o.active, o.asking = false, false
	o.stop()
	if r.ctx.Err() == nil {
		o.result.Err, o.result.Recovered = err, false
	}
	for _, l := range o.lanes {
		for _, a := range l.out {
			r.q.unask(a.chunk, r.origins)
		}
		l.out, l.bytes = nil, 0
	}
	o.lanes, o.out = nil, 0
	r.q.stale = true
	if r.ctx.Err() == nil {
		r.startNext()
	}
	r.wake()
	r.poke()
}

// startNext starts the first origin that has not been, if there is one.
func (r *run) startNext() {
	for _, o := range r.origins {
		if o.tried == 0 {
			r.start(o)
			return
		}
	}
}

// revive tries an origin again that failed and could have what is missing. It
// tells whether there was one.
func (r *run) revive() bool {
	for _, o := range r.origins {
		if _, more := r.q.peek(o); o.tried >= tries || o.known && !more {
			continue
		}
		r.start(o)
		return true
	}
	return false
}
