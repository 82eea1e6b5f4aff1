// SPDX-License-Identifier: Apache-2.0

package chunkstore

import (
	"cmp"

	"github.com/restic/chunker"
)

const (
	// window is how many bytes before a position decide whether it can be a
	// cut.
	window = 64

	// lane is how many bytes each of the four lanes scans at a time. Longer
	// ones scan more in vain beyond the cut, shorter ones begin anew, at the
	// cost of a window each, more often.
	lane = 8 << 10

	// shift brings the byte that the next step reduces to the lowest bits.
	shift = degree - 8
)

// Cutter finds where content is cut: exactly where restic/chunker cuts it. It
// does so without state, and may be used by several goroutines.
type Cutter struct {
	params Params
	mask   uint64      // of the digest's bits that are zero where a cut can be
	mod    [256]uint64 // what reduces the byte above the degree, and clears it
	out    [256]uint64 // what takes out the byte that leaves the window
}

// NewCutter returns a Cutter for p, or the error of p.Validate.
func NewCutter(p Params) (*Cutter, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	c := &Cutter{params: p, mask: 1<<p.AverageBits - 1}
	pol := chunker.Pol(p.Polynomial)
	for b := range 256 {
		c.mod[b] = uint64((chunker.Pol(b) << degree).Mod(pol) | chunker.Pol(b)<<degree)
		h := chunker.Pol(b)
		for range window {
			h = (h << 8).Mod(pol)
		}
		c.out[b] = uint64(h)
	}
	return c, nil
}

// Next returns the length of the chunk that begins at data[0]. The data must
// begin at a cut, or at the beginning of a segment. Next returns 0 when the
// answer lies beyond the end of data and final is false: then it must be
// called again with more, and Params.Max bytes are always enough. With final
// the end of data is the end of the segment, and only empty data has length 0.
func (c *Cutter) Next(data []byte, final bool) int {
	limit := min(len(data), c.params.Max)
	if n := c.first(data[:limit]); n > 0 {
		return n
	}
	if limit == c.params.Max || final {
		return limit
	}
	return 0
}

// first returns the first position, not below the minimum, where data can be
// cut, or 0 if there is none.
//
// One digest waits for its own table look-up at every byte. As the last
// window bytes alone decide, four digests of four stretches of data can be
// rolled in one loop, which hides that.
func (c *Cutter) first(data []byte) int {
	at := c.params.Min
	if len(data) < at {
		return 0
	}
	if c.digest(data[at-window:at])&c.mask == 0 {
		return at
	}
	for len(data)-at >= 4*lane {
		if n := c.firstOfLanes((*[window + 4*lane]byte)(data[at-window:])); n > 0 {
			return at + n
		}
		at += 4 * lane
	}
	return c.firstFrom(data, at)
}

// digest returns the digest of one window.
func (c *Cutter) digest(data []byte) uint64 {
	var d uint64
	for _, b := range data {
		d = (d<<8 | uint64(b)) ^ c.mod[uint8(d>>shift)]
	}
	return d
}

// firstFrom returns the first position above at where data can be cut, or 0.
func (c *Cutter) firstFrom(data []byte, at int) int {
	d := c.digest(data[at-window : at])
	leaving := data[at-window:]
	for i, b := range data[at:] {
		d = d<<8 ^ (uint64(b) ^ c.out[leaving[i]]) ^ c.mod[uint8(d>>shift)]
		if d&c.mask == 0 {
			return at + i + 1
		}
	}
	return 0
}

// lanes is how far four digests have come, each in its own quarter.
type lanes struct {
	digest [4]uint64
	at     uint // of each quarter's bytes, how many are behind
}

// firstOfLanes returns the first position above 0, counted after the window
// that p begins with, where p can be cut, or 0.
func (c *Cutter) firstOfLanes(p *[window + 4*lane]byte) int {
	var l lanes
	for i := range l.digest {
		l.digest[i] = c.digest(p[i*lane:][:window])
	}
	var found [4]int
	for found[0] == 0 && c.roll(&l, p) {
		for i, d := range l.digest {
			if d&c.mask == 0 && found[i] == 0 {
				found[i] = i*lane + int(l.at)
			}
		}
	}
	return cmp.Or(found[:]...)
}

// roll goes on to the next position where one of the lanes or more can be
// cut, and reports whether there is one.
func (c *Cutter) roll(l *lanes, p *[window + 4*lane]byte) bool {
	d0, d1, d2, d3 := l.digest[0], l.digest[1], l.digest[2], l.digest[3]
	mask, data := c.mask, p[:]
	for i := l.at; i < lane; i++ {
		// The brackets keep what does not depend on the digest out of the
		// chain of what does.
		d0 = d0<<8 ^ (uint64(data[window+i]) ^ c.out[data[i]]) ^ c.mod[uint8(d0>>shift)]
		d1 = d1<<8 ^ (uint64(data[window+lane+i]) ^ c.out[data[lane+i]]) ^ c.mod[uint8(d1>>shift)]
		d2 = d2<<8 ^ (uint64(data[window+2*lane+i]) ^ c.out[data[2*lane+i]]) ^ c.mod[uint8(d2>>shift)]
		d3 = d3<<8 ^ (uint64(data[window+3*lane+i]) ^ c.out[data[3*lane+i]]) ^ c.mod[uint8(d3>>shift)]
		if d0&mask == 0 || d1&mask == 0 || d2&mask == 0 || d3&mask == 0 {
			*l = lanes{[4]uint64{d0, d1, d2, d3}, i + 1}
			return true
		}
	}
	return false
}
