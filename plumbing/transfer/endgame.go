// SPDX-License-Identifier: Apache-2.0

package transfer

import "time"

// again returns a chunk that is worth being asked for a second time, of o,
// which has nothing else to do: one whose source will probably take more than
// twice as long. What that may cost is limited for the whole run, to a
// hundredth of its bytes and one window.
func (r *run) again(o *origin, now time.Time) (int32, bool) {
	if o.out > 0 {
		return 0, false
	}
	best, latest := int32(-1), time.Duration(0)
	for _, other := range r.origins {
		if other == o || other.out == 0 {
			continue
		}
		for _, l := range other.lanes {
			if i, in := r.slowest(l, o, now); in > latest {
				best, latest = i, in
			}
		}
	}
	if best < 0 {
		return 0, false
	}
	r.spare -= r.q.length(best)
	return best, true
}

// slowest returns the chunk that l will be the last to give of those that are
// worth asking o for, and in how long.
func (r *run) slowest(l *lane, o *origin, now time.Time) (int32, time.Duration) {
	ahead := l.bytes
	for k := len(l.out) - 1; k >= 0; k-- {
		a := l.out[k]
		n := r.q.length(a.chunk)
		in := l.due(a, ahead, now)
		ahead -= n
		ours := r.q.phase[a.chunk] == asked && r.q.asks[a.chunk] == 1
		if ours && o.has.get(a.chunk) && n <= r.spare && in > 2*o.window.takes(n)+tick {
			return a.chunk, in
		}
	}
	return 0, 0
}

// due guesses when an answer will be there, from the lane's share of the rate
// and the bytes up to the answer's end. What is late is thought to take as long
// again as it has been waited for.
func (l *lane) due(a ask, bytes int64, now time.Time) time.Duration {
	since := a.at
	if l.last.After(since) {
		since = l.last
	}
	waited := now.Sub(since)
	rate := l.o.window.rate() / float64(l.o.open())
	if rate == 0 {
		return waited
	}
	if in := seconds(float64(bytes)/rate) - waited; in > 0 {
		return in
	}
	return waited
}
