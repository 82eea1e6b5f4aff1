// SPDX-License-Identifier: Apache-2.0

package transfer

import "time"

const (
	// startWindow is what a source is asked for before its rate is known,
	// when there are others: one chunk, or some small ones.
	startWindow = 256 << 10
	// horizon is the work a source is given beyond its delay. With less,
	// a pause of ours empties the line; with more, a slow source sits on
	// chunks that others could have given.
	horizon = 500 * time.Millisecond
)

// A window is how much a source is asked for at a time: what it sends in its
// delay and the horizon.
type window struct {
	size, most int64 // bytes
	// Of the last few answers: bytes, and the time that it took them to
	// come, which does not include times when nothing was asked.
	bytes, seconds float64
	delay          time.Duration // how long the source took to answer Have
	last           time.Time     // of the last answer
}

// arrived takes note of an answer of n bytes.
func (w *window) arrived(n int64, asked, now time.Time) {
	from := asked
	if w.last.After(from) {
		from = w.last
	}
	w.last = now
	const keep = 7.0 / 8
	w.bytes = w.bytes*keep + float64(n)
	w.seconds = w.seconds*keep + now.Sub(from).Seconds()
	// Growing by what has arrived at most doubles it each delay, as TCP's
	// slow start does: the first answer says little.
	target := w.most
	if w.seconds > 0 {
		t := w.rate() * (horizon + w.delay).Seconds()
		target = int64(min(t, float64(w.most)))
	}
	w.size = max(1, min(target, w.size+n))
}

// rate is the source's bytes a second, 0 while nothing is known.
func (w *window) rate() float64 {
	if w.bytes == 0 {
		return 0
	}
	return w.bytes / max(w.seconds, 1e-9)
}

// takes is how long an answer of n bytes will take, when nothing else is
// asked for.
func (w *window) takes(n int64) time.Duration {
	r := w.rate()
	if r == 0 {
		return time.Second
	}
	return w.delay + seconds(float64(n)/r)
}

func seconds(s float64) time.Duration {
	return time.Duration(min(s, 1e9) * float64(time.Second))
}
