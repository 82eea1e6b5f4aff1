// SPDX-License-Identifier: Apache-2.0

package packfile

import (
	"bytes"
	std "hash/adler32"
	"testing"
)

func TestAdler32(t *testing.T) {
	worst := bytes.Repeat([]byte{0xff}, 4<<20)
	data := random(1, 70_000)
	for n := range 1000 {
		if got, want := adler32(data[:n]), std.Checksum(data[:n]); got != want {
			t.Fatalf("adler32 of %d bytes = %08x, want %08x", n, got, want)
		}
	}
	for _, d := range [][]byte{data, worst, worst[:maxBlock], worst[:adlerBlock], worst[1 : adlerBlock*adlerBlocks+2]} {
		if got, want := adler32(d), std.Checksum(d); got != want {
			t.Errorf("adler32 of %d bytes = %08x, want %08x", len(d), got, want)
		}
	}
}

func FuzzAdler32(f *testing.F) {
	f.Add([]byte("abc"))
	f.Add(bytes.Repeat([]byte{0xff}, 1000))
	f.Fuzz(func(t *testing.T, data []byte) {
		if got, want := adler32(data), std.Checksum(data); got != want {
			t.Fatalf("adler32 = %08x, want %08x", got, want)
		}
	})
}

func BenchmarkAdler32(b *testing.B) {
	data := random(1, 1536<<10)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		adler32(data)
	}
}

func BenchmarkAdler32Standard(b *testing.B) {
	data := random(1, 1536<<10)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		std.Checksum(data)
	}
}
