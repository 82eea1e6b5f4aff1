// SPDX-License-Identifier: Apache-2.0

package chunkstore

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// example is the manifest of FORMAT.md: a mebibyte hole between two chunks.
func example() *Manifest {
	head, tail := []byte("head\n"), []byte("tail\n")
	h := sha256.New()
	h.Write(head)
	h.Write(make([]byte, 1<<20))
	h.Write(tail)
	return &Manifest{
		SHA256: [32]byte(h.Sum(nil)),
		Size:   1<<20 + 10,
		Params: DefaultParams(),
		Pieces: []Piece{{ID: BlobID(head), Length: 5}, {Length: 1 << 20, Hole: true}, {ID: BlobID(tail), Length: 5}},
	}
}

func lawful() map[string]*Manifest {
	id := BlobID(nil)
	sum := sha256.Sum256(nil)
	largest := DefaultParams()
	largest.Min, largest.Max, largest.AverageBits = maxMax, maxMax, maxAverageBits
	return map[string]*Manifest{
		"example":   example(),
		"empty":     {SHA256: sum, Params: DefaultParams(), Pieces: []Piece{}},
		"one byte":  {SHA256: sum, Size: 1, Params: DefaultParams(), Pieces: []Piece{{ID: id, Length: 1}}},
		"only hole": {SHA256: sum, Size: 3 << 40, Params: DefaultParams(), Pieces: []Piece{{Length: 3 << 40, Hole: true}}},
		"longest chunk and shortest hole": {SHA256: sum, Size: 8<<20 + 512<<10, Params: DefaultParams(),
			Pieces: []Piece{{ID: id, Length: 8 << 20}, {Length: 512 << 10, Hole: true}}},
		"largest numbers": {SHA256: sum, Size: math.MaxInt64, Params: largest,
			Pieces: []Piece{{ID: id, Length: maxMax}, {Length: math.MaxInt64 - maxMax, Hole: true}}},
		"same chunk twice": {SHA256: sum, Size: 2 << 20, Params: DefaultParams(),
			Pieces: []Piece{{ID: id, Length: 1 << 20}, {ID: id, Length: 1 << 20}}},
	}
}

func TestManifestRoundTrip(t *testing.T) {
	for name, m := range lawful() {
		t.Run(name, func(t *testing.T) {
			got, err := ParseManifest(m.Encode())
			if err != nil {
				t.Fatalf("%v in:\n%s", err, m.Encode())
			}
			if diff := cmp.Diff(m, got); diff != "" {
				t.Errorf("encoded -, parsed +:\n%s", diff)
			}
			if !IsManifest(m.Encode()) {
				t.Error("IsManifest says no")
			}
		})
	}
}

func TestManifestGolden(t *testing.T) {
	golden(t, "manifest-1", example().Encode())
	golden(t, "manifest-1-empty", lawful()["empty"].Encode())
}

func TestIsManifest(t *testing.T) {
	for _, tc := range []struct {
		data string
		want bool
	}{
		{ManifestMagic, true},
		{"git-devops manifest 2\n", true},
		{"git-devops manifest", false},
		{"Git-devops manifest 1\n", false},
		{"", false},
		{"version https://git-lfs.github.com/spec/v1\n", false},
	} {
		if got := IsManifest([]byte(tc.data)); got != tc.want {
			t.Errorf("IsManifest(%q) = %v", tc.data, got)
		}
	}
}

// TestParseManifestRefuses changes the example in one place a case.
func TestParseManifestRefuses(t *testing.T) {
	const (
		hole   = "hole 1048576\n"
		size   = "size 1048586\n"
		params = "chunker rabin 3da3358b4dc173 524288 8388608 20\n"
	)
	good := string(example().Encode())
	chunk1 := BlobID([]byte("head\n")).String() + " 5\n"
	sum := fmt.Sprintf("%x", example().SHA256)
	for _, tc := range []struct {
		name     string
		old, new string // the change; an empty old means: append new
		line     int
		reason   string // a part of the error's reason
	}{
		{"unknown version", "manifest 1\n", "manifest 2\n", 1, "unknown version"},
		{"version with leading zero", "manifest 1\n", "manifest 01\n", 1, "unknown version"},
		{"version missing", "manifest 1\n", "manifest \n", 1, "unknown version"},
		{"version line without a newline", good, "git-devops manifest 1", 1, "newline"},
		{"another format", good, "version https://git-lfs.github.com/spec/v1\n", 1, "not a manifest"},
		{"nothing", good, "", 1, "missing"},
		{"byte order mark", "git-devops m", "\xef\xbb\xbfgit-devops m", 1, "not a manifest"},
		{"carriage returns", "\n", "\r\n", 1, "unknown version"},

		{"duplicate header", size, size + size, 4, `expected the header "chunker"`},
		{"duplicate sha256", "size ", "sha256 " + sum + "\nsize ", 3, `expected the header "size"`},
		{"unknown header", size, size + "colour red\n", 4, `expected the header "chunker"`},
		{"header missing", size, "", 3, `expected the header "size"`},
		{"headers in another order", size + params, params + size, 3, `expected the header "size"`},
		{"header in upper case", "size ", "Size ", 3, `expected the header "size"`},
		{"header without a value", size, "size\n", 3, "not a number"},
		{"ends in the header", good, good[:strings.Index(good, "chunker")], 4, "missing"},
		{"ends within a header line", good, good[:strings.Index(good, "chunker")+3], 4, "newline"},

		{"sha256 short", sum, sum[1:], 2, "64 hexadecimal digits"},
		{"sha256 long", sum, sum + "0", 2, "64 hexadecimal digits"},
		{"sha256 upper case", sum, strings.ToUpper(sum), 2, "lower-case"},
		{"sha256 not hexadecimal", sum, "g" + sum[1:], 2, "lower-case"},
		{"sha256 after two spaces", "sha256 ", "sha256  ", 2, "64 hexadecimal digits"},

		{"wrong size: too small", size, "size 1048585\n", 9, "where 4 are left"},
		{"wrong size: too large", size, "size 1048587\n", 10, "missing"},
		{"wrong size: zero", size, "size 0\n", 7, "trailing"},
		{"size negative", size, "size -1\n", 3, "not a number"},
		{"size with a sign", size, "size +1048586\n", 3, "not a number"},
		{"size with leading zero", size, "size 01048586\n", 3, "not a number"},
		{"size in hexadecimal", size, "size 0x10000a\n", 3, "not a number"},
		{"size followed by a space", size, "size 1048586 \n", 3, "not a number"},
		{"size above 63 bits", size, "size 9223372036854775808\n", 3, "not a number"},

		{"unknown chunker", "rabin", "buzhash", 4, "chunker rabin"},
		{"chunker parameter missing", " 20\n", "\n", 4, "4 parameters"},
		{"chunker parameter too many", " 20\n", " 20 1\n", 4, "4 parameters"},
		{"polynomial upper case", "3da3358b4dc173", "3DA3358B4DC173", 4, "lower-case"},
		{"polynomial with leading zero", "3da3358b4dc173", "03da3358b4dc173", 4, "lower-case"},
		{"polynomial with 0x", "3da3358b4dc173", "0x3da3358b4dc173", 4, "lower-case"},
		{"polynomial reducible", "3da3358b4dc173", "3da3358b4dc172", 4, "irreducible"},
		{"minimum too small", "524288", "1", 4, "minimum"},
		{"maximum below minimum", "8388608", "524287", 4, "maximum"},
		{"maximum too large", "8388608", "67108865", 4, "67108864"},
		{"maximum with leading zero", "8388608", "08388608", 4, "not a number"},
		{"average out of range", " 20\n", " 26\n", 4, "average"},

		{"wrong count: too small", "chunks 2\n", "chunks 1\n", 5, "counts 1 chunks"},
		{"wrong count: holes counted", "chunks 2\n", "chunks 3\n", 5, "counts 3 chunks"},
		{"wrong count: all memory there is", "chunks 2\n", "chunks 9223372036854775807\n", 5, "counts"},
		{"count negative", "chunks 2\n", "chunks -2\n", 5, "not a number"},
		{"no blank line", "\n\n", "\n", 6, "blank line"},
		{"two blank lines", "\n\n", "\n\n\n", 7, "40 hexadecimal digits"},
		{"blank line with a space", "\n\n", "\n \n", 6, "blank line"},

		{"trailing bytes", "", "x", 10, "trailing"},
		{"trailing newline", "", "\n", 10, "trailing"},
		{"trailing chunk", "", chunk1, 10, "trailing"},
		{"trailing zero byte", "", "\x00", 10, "trailing"},
		{"last newline missing", good, good[:len(good)-1], 9, "newline"},
		{"last line missing", good, good[:strings.LastIndex(good[:len(good)-1], "\n")+1], 9, "missing"},

		{"chunk longer than the maximum", size + params + "chunks 2\n\n" + chunk1, "size 9437190\n" + params + "chunks 2\n\n" + chunk1[:41] + "8388609\n", 7, "above the maximum"},
		{"chunk of length 0", chunk1, chunk1[:41] + "0\n", 7, "length 0"},
		{"chunk of negative length", chunk1, chunk1[:41] + "-5\n", 7, "not a number"},
		{"chunk length with leading zero", chunk1, chunk1[:41] + "05\n", 7, "not a number"},
		{"chunk length missing", chunk1, chunk1[:40] + "\n", 7, "not a number"},
		{"chunk length overflows", chunk1, chunk1[:41] + "18446744073709551621\n", 7, "not a number"},
		{"chunk with a third field", chunk1, chunk1[:42] + " x\n", 7, "not a number"},
		{"chunk id short", chunk1, chunk1[1:], 7, "40 hexadecimal digits"},
		{"chunk id long", chunk1, "0" + chunk1, 7, "40 hexadecimal digits"},
		{"chunk id upper case", chunk1, strings.ToUpper(chunk1), 7, "lower-case"},
		{"chunk id null", chunk1, strings.Repeat("0", 40) + " 5\n", 7, "null id"},
		{"chunk after two spaces", chunk1, chunk1[:40] + "  5\n", 7, "not a number"},

		{"overlapping hole", hole, "hole 1048582\n", 8, "where 1048581 are left"},
		{"hole over all there is", hole, "hole 9223372036854775807\n", 8, "are left"},
		{"hole beside a hole", hole, "hole 524288\nhole 524288\n", 9, "beside a hole"},
		{"hole below the minimum", size + params + "chunks 2\n\n" + chunk1 + hole, "size 524297\n" + params + "chunks 2\n\n" + chunk1 + "hole 524287\n", 8, "below the minimum"},
		{"hole of length 0", hole, "hole 0\n", 8, "length 0"},
		{"hole in upper case", hole, "Hole 1048576\n", 8, "40 hexadecimal digits"},

		{"megabyte-long header line", "sha256 ", "sha256 " + strings.Repeat("0", 1<<20), 2, "longer than"},
		{"megabyte-long chunk line", chunk1, chunk1[:42] + strings.Repeat("0", 1<<20) + "\n", 7, "longer than"},
		{"megabyte-long first line", "manifest 1\n", "manifest 1" + strings.Repeat(" ", 1<<20) + "\n", 1, "longer than"},
		{"megabyte without a newline", good, ManifestMagic + strings.Repeat("x", 1<<20), 2, "longer than"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bad := strings.ReplaceAll(good, tc.old, tc.new)
			if tc.old == "" {
				bad = good + tc.new
			}
			if bad == good {
				t.Fatalf("nothing changed: %q is not in the example", tc.old)
			}
			m, err := ParseManifest([]byte(bad))
			var format *FormatError
			if !errors.As(err, &format) {
				t.Fatalf("ParseManifest: %+v, %v; want a *FormatError", m, err)
			}
			if format.Line != tc.line || !strings.Contains(format.Reason, tc.reason) {
				t.Errorf("error %q, want line %d, %q", err, tc.line, tc.reason)
			}
			if len(err.Error()) > 200 {
				t.Errorf("error of %d bytes: it repeats the input", len(err.Error()))
			}
			if got, want := errors.Is(err, ErrVersion), tc.reason == "unknown version"; got != want {
				t.Errorf("errors.Is(%q, ErrVersion) = %v", err, got)
			}
		})
	}
}

// FuzzManifest shows that what is accepted has one encoding.
func FuzzManifest(f *testing.F) {
	for _, m := range lawful() {
		f.Add(m.Encode())
	}
	for _, name := range goldenManifests(f) {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(data[:len(data)/2])
	}
	f.Add([]byte("git-devops manifest 2\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := ParseManifest(data)
		var format *FormatError
		if err != nil {
			if m != nil || !errors.As(err, &format) {
				t.Errorf("ParseManifest: %v, %v; want nil and a *FormatError", m, err)
			}
			return
		}
		if got := string(m.Encode()); got != string(data) {
			t.Errorf("parsed:\n%q\nencoded:\n%q", data, got)
		}
		if !IsManifest(data) {
			t.Error("parsed, but not a manifest")
		}
	})
}

func goldenManifests(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob("testdata/manifest-*")
	if err != nil || len(names) == 0 {
		t.Fatalf("no golden manifests: %v", err)
	}
	return names
}

func BenchmarkManifest(b *testing.B) {
	m := &Manifest{Params: DefaultParams()}
	for i := range 100_000 {
		m.Pieces = append(m.Pieces, Piece{ID: BlobID(fmt.Append(nil, i)), Length: 1 << 20})
		m.Size += 1 << 20
	}
	data := m.Encode()
	b.Run("parse", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ParseManifest(data); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encode", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			m.Encode()
		}
	})
}
