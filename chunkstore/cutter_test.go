// SPDX-License-Identifier: Apache-2.0

package chunkstore

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/restic/chunker"
)

// resticCuts returns the lengths that restic/chunker cuts data into, when it
// gets data in slices of up to step bytes.
func resticCuts(p Params, data []byte, step int) []int {
	base := chunker.NewBase(chunker.Pol(p.Polynomial),
		chunker.WithBaseBoundaries(uint(p.Min), uint(p.Max)), chunker.WithBaseAverageBits(p.AverageBits))
	var lengths []int
	length := 0
	for len(data) > 0 {
		part := data[:min(step, len(data))]
		n := base.NextSplitPoint(part)
		if n < 0 {
			length += len(part)
			data = data[len(part):]
			continue
		}
		lengths = append(lengths, length+n)
		length = 0
		data = data[n:]
	}
	if length > 0 {
		lengths = append(lengths, length)
	}
	return lengths
}

// streamCuts cuts data as a reader of a stream does: it begins with some
// bytes, and asks again with more when that was not enough.
func streamCuts(c *Cutter, data []byte, more func() int) []int {
	var lengths []int
	for filled := 0; len(data) > 0; {
		filled = min(filled+more(), len(data))
		for filled > 0 {
			n := c.Next(data[:filled], filled == len(data))
			if n == 0 {
				break
			}
			lengths = append(lengths, n)
			data = data[n:]
			filled -= n
		}
	}
	return lengths
}

func mustCutter(t testing.TB, p Params) *Cutter {
	t.Helper()
	c, err := NewCutter(p)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func randomBytes(seed byte, n int) []byte {
	data := make([]byte, n)
	rand.NewChaCha8([32]byte{seed}).Read(data)
	return data
}

func logText(n int) []byte {
	var b bytes.Buffer
	r := rand.New(rand.NewPCG(1, 2))
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "Nov 20 12:%02d:%02d web-%02d sshd[%d]: Accepted publickey for user%d\n", i/60%60, i%60, r.IntN(20), r.IntN(32768), r.IntN(9))
	}
	return b.Bytes()[:n]
}

// patchy returns random bytes with runs of zeroes and of one value in them.
func patchy(n int) []byte {
	data := randomBytes(7, n)
	r := rand.New(rand.NewPCG(3, 4))
	for at := 0; at < n; {
		run := r.IntN(n / 16)
		if fill := byte(r.IntN(3)); fill < 2 {
			for i := at; i < min(at+run, n); i++ {
				data[i] = fill
			}
		}
		at += run + 1
	}
	return data
}

// otherPolynomial is irreducible, and not the default one.
const otherPolynomial = 0x2482734cacca49

func TestCutterAgreesWithRestic(t *testing.T) {
	const size = 3 << 20
	contents := map[string][]byte{
		"random":    randomBytes(1, size),
		"counted":   counted(size),
		"text":      logText(size),
		"zeroes":    make([]byte, size),
		"ones":      bytes.Repeat([]byte{1}, size),
		"period 3":  bytes.Repeat([]byte("abc"), size/3),
		"period 4k": bytes.Repeat(randomBytes(2, 4096), size/4096),
		"period 1M": bytes.Repeat(randomBytes(3, 1<<20+1), size>>20),
		"patchy":    patchy(size),
	}
	params := map[string]Params{
		"default":          DefaultParams(),
		"small":            {Polynomial: DefaultParams().Polynomial, Min: minMin, Max: 256 << 10, AverageBits: minAverageBits},
		"other polynomial": {Polynomial: otherPolynomial, Min: 100_001, Max: 1_000_003, AverageBits: 17},
		"min is max":       {Polynomial: DefaultParams().Polynomial, Min: 1 << 20, Max: 1 << 20, AverageBits: 20},
		"rare":             {Polynomial: DefaultParams().Polynomial, Min: minMin, Max: 2 << 20, AverageBits: maxAverageBits},
	}
	for contentName, data := range contents {
		for paramsName, p := range params {
			t.Run(contentName+"/"+paramsName, func(t *testing.T) {
				c := mustCutter(t, p)
				want := resticCuts(p, data, len(data))
				r := rand.New(rand.NewPCG(5, 6))
				ways := map[string]func() int{
					"whole":         func() int { return len(data) },
					"max at a time": func() int { return p.Max },
					"random slices": func() int { return 1 + r.IntN(p.Max) },
				}
				for way, more := range ways {
					if diff := cmp.Diff(want, streamCuts(c, data, more)); diff != "" {
						t.Errorf("%s: lengths of restic/chunker -, ours +:\n%s", way, diff)
					}
				}
			})
		}
	}
}

// TestCutterFromAnyCut shows that what was cut before does not matter.
func TestCutterFromAnyCut(t *testing.T) {
	p := Params{Polynomial: otherPolynomial, Min: minMin, Max: 512 << 10, AverageBits: 16}
	data := randomBytes(4, 2<<20)
	lengths := resticCuts(p, data, 12345)
	c := mustCutter(t, p)
	for i := range lengths {
		got := streamCuts(c, data, func() int { return p.Max })
		if diff := cmp.Diff(lengths[i:], got); diff != "" {
			t.Fatalf("from cut %d:\n%s", i, diff)
		}
		data = data[lengths[i]:]
	}
}

func TestCutterSizes(t *testing.T) {
	p := Params{Polynomial: DefaultParams().Polynomial, Min: minMin, Max: 2 * minMin, AverageBits: maxAverageBits}
	c := mustCutter(t, p)
	data := randomBytes(5, p.Max+1)
	for _, tc := range []struct {
		name        string
		size        int
		more, final int // what Next returns without and with final
	}{
		{"empty", 0, 0, 0},
		{"one byte", 1, 0, 1},
		{"below min", p.Min - 1, 0, p.Min - 1},
		{"min", p.Min, 0, p.Min},
		{"above min", p.Min + 1, 0, p.Min + 1},
		{"below max", p.Max - 1, 0, p.Max - 1},
		{"max", p.Max, p.Max, p.Max},
		{"above max", p.Max + 1, p.Max, p.Max},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := c.Next(data[:tc.size], false); got != tc.more {
				t.Errorf("Next of %d bytes, more to come: %d, want %d", tc.size, got, tc.more)
			}
			if got := c.Next(data[:tc.size], true); got != tc.final {
				t.Errorf("Next of %d bytes, final: %d, want %d", tc.size, got, tc.final)
			}
		})
	}
}

// TestCutterLanes makes candidates so frequent that they fall on every edge
// of every lane.
func TestCutterLanes(t *testing.T) {
	data := randomBytes(6, 9*lane)
	for _, averageBits := range []int{2, 8, 13, 15, 17} {
		c := mustCutter(t, DefaultParams())
		c.params.Min, c.params.Max, c.mask = window, len(data), 1<<averageBits-1
		for at := 0; at < len(data); {
			rest := data[at:]
			want := len(rest)
			for end := window; end <= len(rest); end++ {
				if c.digest(rest[end-window:end])&c.mask == 0 {
					want = end
					break
				}
			}
			if got := c.Next(rest, true); got != want {
				t.Fatalf("%d bits, at %d: length %d, want %d", averageBits, at, got, want)
			}
			at += min(want, lane/3)
		}
	}
}

// counted is the test content of FORMAT.md: the SHA-256 of 0, 1, 2…, each as
// 8 bytes, most significant first.
func counted(n int) []byte {
	data := make([]byte, 0, n+sha256.Size)
	for i := uint64(0); len(data) < n; i++ {
		sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, i))
		data = append(data, sum[:]...)
	}
	return data[:n]
}

// TestCutsAreFrozen fails when a change would cut the same content otherwise
// than every repository so far.
func TestCutsAreFrozen(t *testing.T) {
	data := counted(32 << 20)
	c := mustCutter(t, DefaultParams())
	var b strings.Builder
	for len(data) > 0 {
		n := c.Next(data, true)
		fmt.Fprintf(&b, "%s %d\n", BlobID(data[:n]), n)
		data = data[n:]
	}
	golden(t, "cuts", []byte(b.String()))
}

// golden compares got with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	want, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("testdata/%s -, now +:\n%s", name, diff)
	}
}

func BenchmarkCutter(b *testing.B) {
	p := DefaultParams()
	data := randomBytes(1, 64<<20)
	b.Run("ours", func(b *testing.B) {
		c := mustCutter(b, p)
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			for rest := data; len(rest) > 0; {
				rest = rest[c.Next(rest, true):]
			}
		}
	})
	b.Run("restic", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			resticCuts(p, data, len(data))
		}
	})
}
