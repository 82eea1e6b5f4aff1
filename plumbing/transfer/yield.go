// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"math/rand/v2"
	"time"
)

// yields tells whether o, which has a chunk that it could be asked for, had
// better be left in peace for a while. When other hosts are fetching, too, and
// all the chunks that only o has are probably on their way to one of them, then
// all would ask for the same few at the same time. So each asks with such a
// probability that together they ask for each once, and get it from each other.
func (r *run) yields(o *origin, now time.Time) bool {
	if o.cursor < r.q.free || o.cursor >= r.q.rare {
		return false
	}
	if now.Before(o.yielding) {
		return true
	}
	hosts := 1
	for _, other := range r.origins {
		if other.active && other.grows && other != o {
			hosts++
		}
	}
	left := r.q.rare - o.cursor
	if hosts == 1 || rand.IntN(hosts) < left {
		return false
	}
	o.yielding = now.Add(r.o.Refresh)
	return true
}
