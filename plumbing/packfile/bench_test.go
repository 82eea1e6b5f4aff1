// SPDX-License-Identifier: Apache-2.0

package packfile

import (
	"crypto/sha1"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
)

const benchChunk = 1536 << 10

func BenchmarkChecksums(b *testing.B) {
	data := random(1, benchChunk)
	for name, f := range map[string]func(){
		"sha1":  func() { sha1.Sum(data) },
		"crc32": func() { crc32.ChecksumIEEE(data) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(benchChunk)
			for b.Loop() {
				f()
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	for name, data := range map[string][]byte{"random": random(1, benchChunk), "text": text(1, benchChunk)} {
		it := item{Blob, data}
		id, e := it.id(), NewEncoder()
		b.Run(name, func(b *testing.B) {
			b.SetBytes(benchChunk)
			for b.Loop() {
				e.Encode(Blob, id, data).Release()
			}
		})
	}
}

// BenchmarkSmall encodes and appends blobs as small as most files are.
func BenchmarkSmall(b *testing.B) {
	w, err := Create(b.TempDir(), 1)
	if err != nil {
		b.Fatal(err)
	}
	defer w.Abort()
	e, data := NewEncoder(), text(1, 1000)
	for n := 0; b.Loop(); n++ {
		o := e.Encode(Blob, chunkstore.ID{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}, data)
		if err := w.Append(o); err != nil {
			b.Fatal(err)
		}
		o.Release()
	}
}

// BenchmarkAppend writes a pack of 1 GiB, again and again, without finishing.
func BenchmarkAppend(b *testing.B) {
	data := random(1, benchChunk)
	o := NewEncoder().Encode(Blob, item{Blob, data}.id(), data)
	dir := b.TempDir()
	var w *Writer
	b.SetBytes(benchChunk)
	for n := 0; b.Loop(); n++ {
		if n%683 == 0 {
			b.StopTimer()
			if w != nil {
				w.Abort()
			}
			var err error
			if w, err = Create(dir, 1); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
		o.ID[0], o.ID[1] = byte(n), byte(n>>8)
		if err := w.Append(o); err != nil {
			b.Fatal(err)
		}
	}
	w.Abort()
}

func BenchmarkReadBlob(b *testing.B) {
	for name, data := range map[string][]byte{
		"stored": random(1, benchChunk), "text": text(1, benchChunk), "stored-10k": random(1, 10<<10),
	} {
		r := open(b, write(b, b.TempDir(), 1, blobs(data)))
		buf := make([]byte, len(data))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := r.ReadBlob(0, buf); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkIndex(b *testing.B) {
	entries := make([]packed, 100_000)
	for i := range entries {
		entries[i] = packed{id: item{Blob, []byte{byte(i), byte(i >> 8), byte(i >> 16)}}.id(), offset: int64(i)*100 + 12}
	}
	path := filepath.Join(b.TempDir(), "x.idx")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	if err := writeIndex(f, entries, [20]byte{}); err != nil {
		b.Fatal(err)
	}
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			if _, err := OpenIndex(path); err != nil {
				b.Fatal(err)
			}
		}
	})
	x, err := OpenIndex(path)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("find", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			x.Find(entries[i*7919%len(entries)].id)
		}
	})
}
