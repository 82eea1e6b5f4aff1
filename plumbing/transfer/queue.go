// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/git-devops/git-devops/chunkstore"
)

// A phase is how far a chunk has come.
type phase uint8

const (
	waiting  phase = iota // not asked for at present
	asked                 // of one source, near the end of two
	storing               // verified, and on its way into the sink
	finished              // stored, there before, or given up
)

// A queue is the wanted chunks and the order in which they are asked for.
// Chunks are known by their number in want. It is guarded by run.mu.
type queue struct {
	want  []Want
	phase []phase
	asks  []uint8 // how many sources have been asked and may still answer
	base  []int32 // unfinished ones, in file order or in random order
	order []int32 // the same, rarest first
	pos   []int32 // where in order each one is
	rare  int     // so many of order were had by one source at most
	free  int     // so many of those are not expected to come elsewhere
	stale bool    // order does not reflect what sources have

	left  int   // chunks that are not finished
	bytes int64 // of those
	total int64 // bytes at the start
}

// newQueue returns a queue of what sink does not have, and how many chunks it
// has.
func newQueue(want []Want, sink Sink) (*queue, int, error) {
	q := &queue{
		want: want, phase: make([]phase, len(want)), asks: make([]uint8, len(want)),
		pos: make([]int32, len(want)),
	}
	present, err := q.mark(sink)
	if err != nil {
		return nil, 0, err
	}
	for i := range want {
		if q.phase[i] != finished {
			q.base = append(q.base, int32(i))
			q.total += q.length(int32(i))
		}
	}
	q.left, q.bytes = len(q.base), q.total
	q.order = slices.Clone(q.base)
	for at, i := range q.order {
		q.pos[i] = int32(at)
	}
	return q, present, nil
}

// mark finishes what is wanted twice, and what sink has.
func (q *queue) mark(sink Sink) (present int, err error) {
	byID := make([]int32, len(q.want))
	for i := range byID {
		byID[i] = int32(i)
	}
	slices.SortStableFunc(byID, func(a, b int32) int {
		return slices.Compare(q.want[a].ID[:], q.want[b].ID[:])
	})
	for at, i := range byID {
		w := q.want[i]
		if w.Length < 0 {
			return 0, fmt.Errorf("get chunk %s: length %d", w.ID, w.Length)
		}
		if at > 0 && q.want[byID[at-1]].ID == w.ID {
			q.phase[i] = finished
			continue
		}
		has, err := sink.Has(w.ID)
		if err != nil {
			return 0, fmt.Errorf("look up chunk %s: %w", w.ID, err)
		}
		if has {
			q.phase[i] = finished
			present++
		}
	}
	return present, nil
}

// guess stands for the length of a chunk of which none is known.
const guess = 1 << 20

// length is how many bytes chunk i counts for.
func (q *queue) length(i int32) int64 {
	if n := q.want[i].Length; n > 0 {
		return n
	}
	return guess
}

// shuffle makes the order among equally rare chunks random.
func (q *queue) shuffle(seed uint64) {
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(q.base), func(a, b int) {
		q.base[a], q.base[b] = q.base[b], q.base[a]
	})
}

// sort puts the unfinished chunks that fewest of the active origins have first
// and sends the origins back to the start.
//
// A host that is fetching, too, goes on in file order: of the rare chunks, those
// that come soon after one that such a host has are therefore the last, for they
// are probably on their way to it.
func (q *queue) sort(origins []*origin) {
	q.stale = false
	q.base = slices.DeleteFunc(q.base, func(i int32) bool { return q.phase[i] == finished })
	ranks := make([]uint16, len(q.base))
	counts := make([]int, len(origins)+guarded+2) // of those before, in the end
	for at, i := range q.base {
		ranks[at] = uint16(q.rank(i, origins))
		counts[ranks[at]+1]++
	}
	for r := 1; r < len(counts); r++ {
		counts[r] += counts[r-1]
	}
	q.order = q.order[:len(q.base)]
	q.free, q.rare = counts[1], counts[guarded+1]
	for at, i := range q.base {
		to := counts[ranks[at]]
		counts[ranks[at]]++
		q.order[to] = i
		q.pos[i] = int32(to)
	}
	for _, o := range origins {
		o.cursor = 0
	}
}

// guarded is how many chunks after one that a host has are thought to be on
// their way to it.
const guarded = 3

// rank is small for what should be asked for early: 0 to guarded for a chunk
// that one origin has at most, more for others.
func (q *queue) rank(i int32, origins []*origin) int {
	rarity := 0
	for _, o := range origins {
		if o.active && o.has.get(i) {
			rarity++
		}
	}
	if rarity > 1 {
		return guarded + rarity - 1
	}
	for before := int32(1); before <= guarded && before <= i; before++ {
		if elsewhere(i-before, origins) {
			return guarded + 1 - int(before)
		}
	}
	return 0
}

// elsewhere tells whether a host that is fetching, too, has chunk i.
func elsewhere(i int32, origins []*origin) bool {
	for _, o := range origins {
		if o.active && o.grows && o.has.get(i) {
			return true
		}
	}
	return false
}

// follows returns the chunk after the one that o was asked for last, so that
// disks read sequentially, unless there are rarer ones or another host that is
// fetching seems to go on there.
func (q *queue) follows(o *origin, origins []*origin) (int32, bool) {
	i := o.latest + 1
	if o.latest < 0 || int(i) >= len(q.want) || q.phase[i] != waiting || !o.has.get(i) {
		return 0, false
	}
	common := o.cursor >= q.rare
	return i, common || int(q.pos[i]) < q.rare && !elsewhere(i-1, origins)
}

// peek returns the next chunk that o could be asked for.
func (q *queue) peek(o *origin) (int32, bool) {
	for ; o.cursor < len(q.order); o.cursor++ {
		if i := q.order[o.cursor]; q.phase[i] == waiting && o.has.get(i) {
			return i, true
		}
	}
	return 0, false
}

// unask takes note that a source that was asked for chunk i will not give it.
func (q *queue) unask(i int32, origins []*origin) {
	q.asks[i]--
	if q.phase[i] == asked && q.asks[i] == 0 {
		q.phase[i] = waiting
		q.reconsider(i, origins)
	}
}

// reconsider lets all origins look at chunk i again.
func (q *queue) reconsider(i int32, origins []*origin) {
	for _, o := range origins {
		o.cursor = min(o.cursor, int(q.pos[i]))
	}
}

// ids returns the ids of what is asked for.
func (q *queue) ids(batch []ask) []chunkstore.ID {
	ids := make([]chunkstore.ID, len(batch))
	for k, a := range batch {
		ids[k] = q.want[a.chunk].ID
	}
	return ids
}

// finish takes chunk i out.
func (q *queue) finish(i int32) {
	q.phase[i] = finished
	q.left--
	q.bytes -= q.length(i)
}

// A bitmap is a set of chunk numbers.
type bitmap []uint64

func newBitmap(n int) bitmap { return make(bitmap, (n+63)/64) }

func (b bitmap) get(i int32) bool { return b[i/64]>>(i%64)&1 == 1 }
func (b bitmap) set(i int32)      { b[i/64] |= 1 << (i % 64) }
func (b bitmap) clear(i int32)    { b[i/64] &^= 1 << (i % 64) }
