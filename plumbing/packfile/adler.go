// SPDX-License-Identifier: Apache-2.0

package packfile

import "encoding/binary"

const (
	adlerMod = 65521
	// adlerWords is how many 8-byte words may pass before a 16-bit lane of
	// the running sums could overflow: 255*n*(n+1)/2 < 65536.
	adlerWords = 22
	adlerBlock = 8 * adlerWords
	// adlerBlocks is how many such blocks may pass before the 64-bit sums
	// are reduced; they are far from overflowing then.
	adlerBlocks = 1 << 12

	evenBytes = 0x00ff00ff00ff00ff
	evenPairs = 0x0000ffff0000ffff
)

// adler32 returns the Adler-32 checksum of data. The standard library's takes
// one addition after the other for each byte; this one sums eight columns of
// bytes side by side, about four times as fast.
func adler32(data []byte) uint32 {
	s1, s2 := uint64(1), uint64(0)
	for len(data) >= adlerBlock {
		for n := 0; n < adlerBlocks && len(data) >= adlerBlock; n++ {
			s1, s2 = adlerStep(s1, s2, (*[adlerBlock]byte)(data))
			data = data[adlerBlock:]
		}
		s1, s2 = s1%adlerMod, s2%adlerMod
	}
	for _, b := range data {
		s1 += uint64(b)
		s2 += s1
	}
	return uint32(s2%adlerMod)<<16 | uint32(s1%adlerMod)
}

// adlerStep adds one block to the sums. Lanes of even hold the sums of the
// bytes 0, 2, 4, 6 of the words so far, lanes of odd of 1, 3, 5, 7; evens and
// odds add these up after each word, so that they weigh a word by the number
// of words that follow it.
func adlerStep(s1, s2 uint64, p *[adlerBlock]byte) (uint64, uint64) {
	var even, odd, evens, odds uint64
	for i := 0; i < adlerBlock; i += 8 {
		w := binary.LittleEndian.Uint64(p[i : i+8])
		evens += even
		odds += odd
		even += w & evenBytes
		odd += w >> 8 & evenBytes
	}
	sum := lanes(even) + lanes(odd)
	weighed := 8*(lanes(evens)+lanes(odds)) +
		8*lane(even, 0) + 7*lane(odd, 0) + 6*lane(even, 1) + 5*lane(odd, 1) +
		4*lane(even, 2) + 3*lane(odd, 2) + 2*lane(even, 3) + lane(odd, 3)
	return s1 + sum, s2 + adlerBlock*s1 + weighed
}

func lane(x uint64, i uint) uint64 { return x >> (16 * i) & 0xffff }

// lanes returns the sum of the four 16-bit lanes of x.
func lanes(x uint64) uint64 {
	x = x&evenPairs + x>>16&evenPairs
	return x&0xffffffff + x>>32
}
