// SPDX-License-Identifier: Apache-2.0

package largefile

import (
	"context"
	"crypto/sha256"
	"io"

	"github.com/git-devops/git-devops/chunkstore"
)

// Cat writes length bytes of the content of m from offset on to w, and reads
// only the chunks these lie in. A length below 0, or beyond the end, means up
// to the end. Each chunk is verified before any of it is written; of a whole
// file the SHA-256 too, after its last byte: then the error is a *DigestError.
func Cat(ctx context.Context, m *chunkstore.Manifest, chunks Chunks, w io.Writer, offset, length int64) error {
	offset, end := clamp(m, offset, length)
	whole := offset == 0 && end == m.Size
	sum := sha256.New()
	if whole {
		w = io.MultiWriter(w, sum)
	}
	fetch := func(ctx context.Context, s span, buf []byte) ([]byte, error) {
		return readChunk(ctx, chunks, s, buf, true)
	}
	consume := func(s span, data []byte) error {
		from, to := max(offset, s.offset)-s.offset, min(end, s.offset+s.Length)-s.offset
		if s.Hole {
			return writeZeroes(ctx, w, to-from)
		}
		_, err := w.Write(data[from:to])
		return err
	}
	if err := inOrder(ctx, within(spans(m), offset, end), 2, fetch, consume); err != nil {
		return err
	}
	if got := [32]byte(sum.Sum(nil)); whole && got != m.SHA256 {
		return &DigestError{Want: m.SHA256, Got: got}
	}
	return nil
}

// clamp turns what Cat is given into a range [from, to) of the content.
func clamp(m *chunkstore.Manifest, offset, length int64) (from, to int64) {
	from, to = min(max(offset, 0), m.Size), m.Size
	if length >= 0 && length < to-from {
		to = from + length
	}
	return from, to
}

// Within returns the pieces that Cat needs for a range.
func Within(m *chunkstore.Manifest, offset, length int64) []chunkstore.Piece {
	var pieces []chunkstore.Piece
	from, to := clamp(m, offset, length)
	for _, s := range within(spans(m), from, to) {
		pieces = append(pieces, s.Piece)
	}
	return pieces
}

// within keeps the spans that overlap [offset, end).
func within(all []span, offset, end int64) []span {
	var some []span
	for _, s := range all {
		if s.offset < end && s.offset+s.Length > offset {
			some = append(some, s)
		}
	}
	return some
}

func writeZeroes(ctx context.Context, w io.Writer, n int64) error {
	zeroes := make([]byte, zeroBufSize)
	for ; n > 0; n -= zeroBufSize {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := w.Write(zeroes[:min(n, zeroBufSize)]); err != nil {
			return err
		}
	}
	return nil
}
