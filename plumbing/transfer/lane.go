// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/git-devops/git-devops/plumbing/packfile"
)

const (
	// mostAsked is how many chunks a stream owes at most.
	mostAsked = 1024
	// mostAtOnce is how many are asked for in one go: few enough that the
	// request fits into any buffer on the way, so that Ask does not wait
	// for a source that waits for us to read.
	mostAtOnce = 64
)

// A lane is one stream of an origin: one goroutine asks, one receives.
type lane struct {
	r       *run
	o       *origin
	stream  Stream
	wake    chan struct{} // there may be something to ask for
	owed    chan ask      // from the one that asks to the one that receives
	asking  *watch
	reading *watch
	encoder *packfile.Encoder // nil until needed

	// guarded by run.mu
	open  bool  // there is a stream
	out   []ask // what is owed, in order
	bytes int64 // of those
	last  time.Time
}

// An ask is a chunk that a lane has asked for.
type ask struct {
	chunk int32
	at    time.Time
}

func newLane(r *run, o *origin) *lane {
	return &lane{r: r, o: o, wake: make(chan struct{}, 1), owed: make(chan ask, mostAsked)}
}

// run works until ctx is done, or something is wrong with the origin, which is
// put aside then.
func (l *lane) run(ctx context.Context) error {
	begun, err := l.begin(ctx)
	if err != nil && l.leave() {
		return nil // the others do
	}
	if begun {
		err = l.work(ctx)
	}
	if err != nil {
		l.r.putAside(l.o, err)
	}
	return err
}

// begin opens the stream once there is something to get, and the lanes before
// this one have got something: each login takes its time over there, and the
// first chunks should not wait for all of them.
func (l *lane) begin(ctx context.Context) (bool, error) {
	for !l.worthwhile() {
		select {
		case <-l.wake:
		case <-ctx.Done():
			return false, nil
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, l.o.stall, ErrStalled)
	defer cancel()
	s, err := l.o.src.Open(ctx)
	if err != nil {
		if context.Cause(ctx) == ErrStalled {
			err = ErrStalled
		}
		return false, fmt.Errorf("open stream: %w", err)
	}
	l.r.mu.Lock()
	defer l.r.mu.Unlock()
	l.stream, l.open = s, true
	return true, nil
}

func (l *lane) worthwhile() bool {
	l.r.mu.Lock()
	defer l.r.mu.Unlock()
	before := l.o.lanes[:max(0, slices.Index(l.o.lanes, l))]
	idle := func(b *lane) bool { return b.last.IsZero() }
	return l.o.any && !slices.ContainsFunc(before, idle)
}

// leave takes l out of the origin, unless it is the last lane.
func (l *lane) leave() bool {
	l.r.mu.Lock()
	defer l.r.mu.Unlock()
	if len(l.o.lanes) < 2 {
		return false
	}
	l.o.lanes = slices.DeleteFunc(l.o.lanes, func(other *lane) bool { return other == l })
	l.o.wake()
	return true
}

// work asks and receives until ctx is done or one of the two fails.
func (l *lane) work(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	g, ctx := errgroup.WithContext(ctx)
	end := sync.OnceFunc(func() { _ = l.stream.Close() })
	defer end()
	defer context.AfterFunc(ctx, end)()
	silent := func() { cancel(ErrStalled) }
	l.asking = newWatch(l.stream, l.o.stall, silent)
	l.reading = newWatch(l.stream, l.o.stall, silent)
	g.Go(func() error { return l.askAll(ctx) })
	g.Go(func() error { return l.receiveAll(ctx) })
	return g.Wait()
}

// askAll keeps the window full.
func (l *lane) askAll(ctx context.Context) error {
	for {
		batch := l.r.next(l)
		if len(batch) == 0 {
			select {
			case <-l.wake:
				continue
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		l.asking.start(0)
		err := l.stream.Ask(l.r.q.ids(batch)...)
		l.asking.stop()
		if err != nil {
			return l.broken(ctx, err)
		}
		for _, a := range batch {
			l.owed <- a // has room for as many as may be owed
		}
	}
}

// broken returns why the stream is: closing it makes other errors of it.
func (l *lane) broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// next chooses what l is to ask for now.
func (r *run) next(l *lane) []ask {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	var batch []ask
	for len(batch) < mostAtOnce && l.room() {
		i, ok := r.q.follows(l.o, r.origins)
		if !ok {
			i, ok = r.q.peek(l.o)
			if ok && r.yields(l.o, now) {
				return batch
			}
		}
		if !ok && len(batch) == 0 {
			i, ok = r.again(l.o, now)
		}
		if !ok {
			break
		}
		batch = append(batch, r.take(l, i, now))
	}
	return batch
}

// room tells whether l may ask for one more: a stream's share of the origin's
// window, or one chunk.
func (l *lane) room() bool {
	o := l.o
	if !o.active || len(l.out) >= mostAsked {
		return false
	}
	share := min(l.r.o.Window, max(1, o.window.size/int64(o.open())))
	return l.bytes < share && o.out < o.window.size
}

func (r *run) take(l *lane, i int32, now time.Time) ask {
	r.q.phase[i] = asked
	r.q.asks[i]++
	l.o.latest = i
	a := ask{chunk: i, at: now}
	l.out = append(l.out, a)
	l.bytes += r.q.length(i)
	l.o.out += r.q.length(i)
	return a
}
