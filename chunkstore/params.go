// SPDX-License-Identifier: Apache-2.0

package chunkstore

import (
	"fmt"
	"math/bits"
)

const (
	// degree is what Rabin's scheme is set to here: the largest prime that
	// leaves room for one more byte in 64 bits.
	degree = 53

	minMin         = 64 << 10
	maxMax         = 64 << 20
	minAverageBits = 16
	maxAverageBits = 25
)

// Params say where content is cut. They belong to a repository, so that equal
// content has equal chunks on every machine.
type Params struct {
	Polynomial  uint64 // over GF(2), bit i is the coefficient of x^i
	Min         int    // bytes; only the last chunk of a segment is shorter
	Max         int    // bytes; no chunk is longer
	AverageBits int    // about 2^AverageBits bytes lie between candidates
}

// DefaultParams returns what a repository uses unless told otherwise.
func DefaultParams() Params {
	return Params{Polynomial: 0x3DA3358B4DC173, Min: 512 << 10, Max: 8 << 20, AverageBits: 20}
}

// Validate returns an error unless p can be used: limits in FORMAT.md.
func (p Params) Validate() error {
	switch {
	case bits.Len64(p.Polynomial) != degree+1:
		return fmt.Errorf("chunker polynomial %x is not of degree %d", p.Polynomial, degree)
	case !irreducible(p.Polynomial):
		return fmt.Errorf("chunker polynomial %x is not irreducible", p.Polynomial)
	case p.Min < minMin || p.Min > maxMax:
		return fmt.Errorf("chunker minimum %d is not between %d and %d", p.Min, minMin, maxMax)
	case p.Max < p.Min || p.Max > maxMax:
		return fmt.Errorf("chunker maximum %d is not between %d and %d", p.Max, p.Min, maxMax)
	case p.AverageBits < minAverageBits || p.AverageBits > maxAverageBits:
		return fmt.Errorf("chunker average of %d bits is not between %d and %d", p.AverageBits, minAverageBits, maxAverageBits)
	}
	return nil
}

// irreducible reports whether p, of degree 53, has no divisor. Every manifest
// names a polynomial, so this must take microseconds; the general test in
// restic/chunker takes milliseconds. As 53 is prime, x^(2^53) = x mod p leaves
// room for factors of degree 1 alone, which are x and x+1.
func irreducible(p uint64) bool {
	if p&1 == 0 || bits.OnesCount64(p)&1 == 0 {
		return false
	}
	r := uint64(2)
	for range degree {
		r = square(r, p)
	}
	return r == 2
}

// square returns f*f mod p. Over GF(2) squaring only spreads the bits of f.
func square(f, p uint64) uint64 {
	var r uint64
	for i := degree - 1; i >= 0; i-- {
		r = r<<2 | f>>i&1
		if r>>(degree+1) != 0 {
			r ^= p << 1
		}
		if r>>degree != 0 {
			r ^= p
		}
	}
	return r
}
