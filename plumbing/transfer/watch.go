// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"sync"
	"time"
)

// slowest is how many bytes a second a stream must bring at least, where only
// whole chunks show that anything arrives.
const slowest = 16 << 10

// A watch notices that a stream is silent while it is waited for.
type watch struct {
	received func() int64 // nil when the stream does not count
	limit    time.Duration
	silent   func() // called once at most for each start

	mu    sync.Mutex
	turn  int // counts starts and stops: odd while somebody waits
	timer *time.Timer
	seen  int64
}

func newWatch(s Stream, limit time.Duration, silent func()) *watch {
	w := &watch{limit: limit, silent: silent}
	if m, ok := s.(interface{ Received() int64 }); ok {
		w.received = m.Received
	}
	return w
}

// start begins to wait for n bytes.
func (w *watch) start(n int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	limit := w.limit
	if w.received != nil {
		w.seen = w.received()
	} else {
		limit += seconds(float64(n) / slowest)
	}
	w.turn++
	turn := w.turn
	w.timer = time.AfterFunc(limit, func() { w.expired(turn) })
}

// expired calls silent unless bytes have arrived or that wait is over.
func (w *watch) expired(turn int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.turn != turn {
		return
	}
	if w.received != nil {
		if n := w.received(); n != w.seen {
			w.seen = n
			w.timer.Reset(w.limit)
			return
		}
	}
	w.silent()
}

func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer.Stop()
	w.turn++
}
