// SPDX-License-Identifier: Apache-2.0

package packfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
)

// index returns the bytes of an index for objects at these offsets, and the
// entries it was made of, sorted.
func index(offsets ...int64) ([]byte, []packed) {
	var entries []packed
	for i, at := range offsets {
		id := chunkstore.BlobID([]byte{byte(i), byte(i >> 8)})
		entries = append(entries, packed{id, uint32(i) * 7919, at})
	}
	var b bytes.Buffer
	if err := writeIndex(&b, entries, [20]byte{1, 2, 3}); err != nil {
		panic("internal error: " + err.Error())
	}
	return b.Bytes(), entries
}

var wideOffsets = []int64{12, 1<<31 - 1, 1 << 31, 1<<32 + 5, 1 << 40, 700}

func TestIndexRoundTrip(t *testing.T) {
	many := make([]int64, 3000)
	for i := range many {
		many[i] = int64(12 + 100*i)
	}
	for name, offsets := range map[string][]int64{"none": nil, "wide": wideOffsets, "many": many} {
		t.Run(name, func(t *testing.T) {
			data, entries := index(offsets...)
			x, err := parseIndex("x", data)
			if err != nil {
				t.Fatal(err)
			}
			if err := x.VerifyChecksum(); err != nil {
				t.Error(err)
			}
			if x.Len() != len(entries) || x.PackTrailer() != [20]byte{1, 2, 3} {
				t.Errorf("Len = %d", x.Len())
			}
			for i, want := range entries {
				id, at, crc := x.At(i)
				if got := (packed{id, crc, at}); got != want {
					t.Errorf("At(%d) = %v, want %v", i, got, want)
				}
				if n, ok := x.Find(want.id); !ok || n != i {
					t.Errorf("Find(%s) = %d, %t", want.id, n, ok)
				}
				absent := want.id
				absent[19]++
				if _, ok := x.Find(absent); ok {
					t.Errorf("found %s", absent)
				}
			}
			for _, id := range []chunkstore.ID{{}, {255, 255}} {
				if _, ok := x.Find(id); ok {
					t.Errorf("found %s", id)
				}
			}
		})
	}
}

func TestGitReadsWideIndex(t *testing.T) {
	data, entries := index(wideOffsets...)
	var want strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&want, "%d %s (%08x)\n", e.offset, e.id, e.crc)
	}
	if got := git(t, t.TempDir(), data, "show-index"); got != want.String() {
		t.Errorf("git show-index prints\n%swant\n%s", got, want.String())
	}
}

func TestMalformedIndex(t *testing.T) {
	const idsFrom = indexTableFrom
	offsetsFrom := idsFrom + 24*len(wideOffsets)
	for name, damage := range map[string]func([]byte) []byte{
		"empty":            func(d []byte) []byte { return nil },
		"version 1":        func(d []byte) []byte { return d[8:] },
		"version 3":        func(d []byte) []byte { d[7] = 3; return d },
		"only magic":       func(d []byte) []byte { return d[:8] },
		"no tables":        func(d []byte) []byte { return d[:idsFrom] },
		"byte missing":     func(d []byte) []byte { return d[:len(d)-1] },
		"byte too many":    func(d []byte) []byte { return append(d, 0) },
		"many too many":    func(d []byte) []byte { return append(d, make([]byte, 80)...) },
		"huge count":       func(d []byte) []byte { copy(d[8+4*255:], "\xff\xff\xff\xff"); return d },
		"fan-out falls":    func(d []byte) []byte { copy(d[8:], "\x00\x00\x00\x06"); return d },
		"fan-out too high": func(d []byte) []byte { copy(d[8+4*254:], "\x7f\xff\xff\xff"); return d },
		"ids out of order": func(d []byte) []byte { d[idsFrom] = 0xff; return d },
		"offset in header": func(d []byte) []byte { binary.BigEndian.PutUint32(d[offsetsFrom:], 11); return d },
		"wide outside":     func(d []byte) []byte { binary.BigEndian.PutUint32(d[offsetsFrom:], 1<<31+3); return d },
		"wide negative":    func(d []byte) []byte { d[len(d)-48] = 0x80; return d },
	} {
		t.Run(name, func(t *testing.T) {
			data, _ := index(wideOffsets...)
			_, err := parseIndex("x.idx", damage(data))
			if e := new(FormatError); !errors.As(err, &e) || e.Path != "x.idx" {
				t.Errorf("error is %v", err)
			}
		})
	}
}

// FuzzIndex: whatever parses can be read everywhere, and what is written
// parses to the same.
func FuzzIndex(f *testing.F) {
	for _, offsets := range [][]int64{nil, {12}, wideOffsets} {
		data, _ := index(offsets...)
		f.Add(data)
		f.Add(data[:len(data)-1])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := parseIndex("x", bytes.Clone(data))
		if err != nil {
			return
		}
		entries := make([]packed, x.Len())
		for i := range entries {
			id, at, crc := x.At(i)
			entries[i] = packed{id, crc, at}
			if _, ok := x.Find(id); !ok {
				t.Fatalf("%s is not found", id)
			}
		}
		var b bytes.Buffer
		if err := writeIndex(&b, entries, x.PackTrailer()); err != nil {
			t.Fatal(err)
		}
		again, err := parseIndex("x", b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if again.Len() != x.Len() || again.VerifyChecksum() != nil {
			t.Fatal("written and parsed again, it is another index")
		}
		for i := range entries {
			id, at, crc := again.At(i)
			if (packed{id, crc, at}) != entries[i] {
				t.Fatalf("entry %d changed", i)
			}
		}
	})
}
