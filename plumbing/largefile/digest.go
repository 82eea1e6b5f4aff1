// SPDX-License-Identifier: Apache-2.0

package largefile

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"fmt"
	"hash"

	"github.com/git-devops/git-devops/chunkstore"
)

// A digest is the SHA-256 of content that comes in pieces.
type digest struct {
	sum  hash.Hash
	size int64 // bytes so far
}

func newDigest() *digest { return &digest{sum: sha256.New()} }

func (d *digest) write(data []byte) {
	d.sum.Write(data)
	d.size += int64(len(data))
}

// turn is how many bytes one hash is given before it is the other's turn: one
// block of both.
const turn = 64

// writeChunk adds a chunk, and returns its id. A hash waits for its own last
// step most of the time, so two that take turns keep the processor busy: 1.2
// GB/s for both on a core that does SHA-1 and SHA-256, one after the other, at
// 0.9. That asks for whole blocks: each first gets what fills its last one.
func (d *digest) writeChunk(data []byte) (id chunkstore.ID) {
	blob := sha1.New()
	header, _ := fmt.Fprintf(blob, "blob %d\x00", len(data))
	b := min(len(data), -header&(turn-1))
	blob.Write(data[:b])
	s := min(len(data), int(-d.size&(turn-1)))
	d.sum.Write(data[:s])
	for max(b, s)+turn <= len(data) {
		blob.Write(data[b : b+turn])
		d.sum.Write(data[s : s+turn])
		b, s = b+turn, s+turn
	}
	blob.Write(data[b:])
	d.sum.Write(data[s:])
	d.size += int64(len(data))
	blob.Sum(id[:0])
	return id
}

// writeZeroes adds n zeroes. It takes its time, half an hour for three
// terabytes, so it tells progress, unless that is nil.
func (d *digest) writeZeroes(ctx context.Context, n int64, progress func(n int64)) error {
	zeroes := make([]byte, min(n, zeroBufSize))
	for n > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		part := min(n, zeroBufSize)
		d.write(zeroes[:part])
		if progress != nil {
			progress(part)
		}
		n -= part
	}
	return nil
}

// sha256 returns the digest of what was written.
func (d *digest) sha256() [32]byte { return [32]byte(d.sum.Sum(nil)) }
