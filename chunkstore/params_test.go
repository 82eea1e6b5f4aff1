// SPDX-License-Identifier: Apache-2.0

package chunkstore

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/restic/chunker"
)

func TestParamsValidate(t *testing.T) {
	def := DefaultParams()
	with := func(change func(*Params)) Params {
		p := def
		change(&p)
		return p
	}
	for _, tc := range []struct {
		name string
		p    Params
		want string // a part of the error; "" for none
	}{
		{"default", def, ""},
		{"smallest", with(func(p *Params) { p.Min, p.Max, p.AverageBits = minMin, minMin, minAverageBits }), ""},
		{"largest", with(func(p *Params) { p.Min, p.Max, p.AverageBits = maxMax, maxMax, maxAverageBits }), ""},
		{"zero", Params{}, "degree"},
		{"degree 52", with(func(p *Params) { p.Polynomial >>= 1 }), "degree"},
		{"degree 54", with(func(p *Params) { p.Polynomial <<= 1 }), "degree"},
		{"reducible", with(func(p *Params) { p.Polynomial ^= 2 }), "irreducible"},
		{"min too small", with(func(p *Params) { p.Min = minMin - 1 }), "minimum"},
		{"min negative", with(func(p *Params) { p.Min = -1 }), "minimum"},
		{"min above max", with(func(p *Params) { p.Max = p.Min - 1 }), "maximum"},
		{"max too large", with(func(p *Params) { p.Max = maxMax + 1 }), "maximum"},
		{"bits too few", with(func(p *Params) { p.AverageBits = minAverageBits - 1 }), "average"},
		{"bits too many", with(func(p *Params) { p.AverageBits = maxAverageBits + 1 }), "average"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := tc.p.Validate()
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("Validate of %+v: %v, want %q", tc.p, err, tc.want)
			}
			if _, cutterErr := NewCutter(tc.p); (cutterErr == nil) != (err == nil) {
				t.Errorf("NewCutter: %v, Validate: %v", cutterErr, err)
			}
		})
	}
}

func TestIrreducibleAgreesWithRestic(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	found := 0
	for range 1000 {
		p := r.Uint64()&(1<<degree-1) | 1<<degree
		got, want := irreducible(p), chunker.Pol(p).Irreducible()
		if got != want {
			t.Fatalf("irreducible(%x) = %v, want %v", p, got, want)
		}
		if got {
			found++
		}
	}
	if found == 0 {
		t.Error("no irreducible polynomial among 1000: the test tests nothing")
	}
}

func BenchmarkParamsValidate(b *testing.B) {
	for b.Loop() {
		if err := DefaultParams().Validate(); err != nil {
			b.Fatal(err)
		}
	}
}
