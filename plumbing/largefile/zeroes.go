// SPDX-License-Identifier: Apache-2.0

package largefile

import "encoding/binary"

// leadingZeroes counts the zero bytes at the start of b.
func leadingZeroes(b []byte) int {
	n := 0
	for n+8 <= len(b) && binary.LittleEndian.Uint64(b[n:]) == 0 {
		n += 8
	}
	for n < len(b) && b[n] == 0 {
		n++
	}
	return n
}

// trailingZeroes counts the zero bytes at the end of b.
func trailingZeroes(b []byte) int {
	n := len(b)
	for n >= 8 && binary.LittleEndian.Uint64(b[n-8:]) == 0 {
		n -= 8
	}
	for n > 0 && b[n-1] == 0 {
		n--
	}
	return len(b) - n
}

// zeroRun finds the first maximal run of at least least zero bytes. Such a run
// covers one of the positions least apart, so only these are looked at.
func zeroRun(b []byte, least int) (start, end int, ok bool) {
	for p := least - 1; p < len(b); p += least {
		if b[p] != 0 {
			continue
		}
		start := p - trailingZeroes(b[:p])
		end := p + leadingZeroes(b[p:])
		if end-start >= least {
			return start, end, true
		}
	}
	return 0, 0, false
}
