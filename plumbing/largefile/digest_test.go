// SPDX-License-Identifier: Apache-2.0

package largefile

import (
	"bytes"
	"crypto/sha256"
	"math/rand/v2"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
)

func TestDigestOfPieces(t *testing.T) {
	random := rand.NewChaCha8([32]byte{1})
	var content []byte
	d := newDigest()
	for _, size := range []int{0, 1, 53, 54, 55, 63, 64, 65, 127, 128, 129, 9999, 10000, 100_000, 7} {
		data := make([]byte, size)
		random.Read(data)
		if got, want := d.writeChunk(data), chunkstore.BlobID(data); got != want {
			t.Errorf("chunk of %d bytes: id %s, want %s", size, got, want)
		}
		content = append(content, data...)
		if err := d.writeZeroes(t.Context(), int64(size), nil); err != nil {
			t.Fatal(err)
		}
		content = append(content, make([]byte, size)...)
		d.write(data)
		content = append(content, data...)
		if got := d.sha256(); got != sha256.Sum256(content) {
			t.Fatalf("wrong SHA-256 after %d bytes", len(content))
		}
	}
}

func BenchmarkDigestChunk(b *testing.B) {
	data := bytes.Repeat([]byte("git-devops"), 1<<17)
	b.SetBytes(int64(len(data)))
	d := newDigest()
	for b.Loop() {
		d.writeChunk(data)
	}
}
