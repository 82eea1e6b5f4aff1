// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
)

// BenchmarkRead reads chunks of a mebibyte that lie in packs which the kernel
// has in memory.
func BenchmarkRead(b *testing.B) {
	const size = 1 << 20
	s := newStore(b)
	chunks := several(1, 64, size)
	for i := range 4 {
		store(b, s, chunks[i*16:i*16+16]...)
	}
	ids := idsOf(chunks)
	b.Run("Read", func(b *testing.B) {
		b.SetBytes(size)
		buf := make([]byte, size)
		for i := 0; b.Loop(); i++ {
			_, err := s.Read(b.Context(), ids[i%len(ids)], buf)
			must(b, err)
		}
	})
	b.Run("Get", func(b *testing.B) {
		b.SetBytes(size)
		for i := 0; b.Loop(); i++ {
			_, err := s.Get(b.Context(), ids[i%len(ids)])
			must(b, err)
		}
	})
	b.Run("Has", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			_, err := s.Has(b.Context(), ids[i%len(ids)])
			must(b, err)
		}
	})
	b.Run("Present, absent", func(b *testing.B) {
		for b.Loop() {
			_ = s.Present(chunkstore.ID{1})
		}
	})
}

// BenchmarkBatch stores chunks of a mebibyte, durably.
func BenchmarkBatch(b *testing.B) {
	const size, count = 1 << 20, 32
	s := newStore(b)
	b.SetBytes(size * count)
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		chunks := several(byte(i), count, size)
		b.StartTimer()
		batch := begin(b, s, chunks...)
		must(b, batch.Commit(b.Context()))
		must(b, batch.Settle())
	}
}
