// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"math/rand/v2"
	"time"
)

// crowd is how many times more chunks than hosts must be left at the only one
// that has them, for each host to ask for the next at once.
const crowd = 2

// yields tells whether o, which has a chunk that it could be asked for, had
// better be left in peace for a while. When other hosts are fetching the same,
// and only a few chunks are left that none of them has, all would ask for the
// same ones at the same time. So each asks with such a probability that a few
// do in all, and gets the rest from those.
func (r *run) yields(o *origin, now time.Time) bool {
	if o.cursor >= r.q.rare {
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
	if hosts == 1 || rand.IntN(crowd*hosts) < left {
		return false
	}
	o.yielding = now.Add(r.o.Refresh)
	return true
}
