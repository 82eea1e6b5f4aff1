// SPDX-License-Identifier: Apache-2.0

package stores

import (
	"iter"

	"github.com/git-devops/git-devops/chunkstore"
)

// distinct returns each chunk once, in the order given, without holes.
func distinct(pieces []chunkstore.Piece) []chunkstore.Piece {
	seen := make(map[chunkstore.ID]bool, len(pieces))
	var once []chunkstore.Piece
	for _, p := range pieces {
		if !p.Hole && !seen[p.ID] {
			seen[p.ID] = true
			once = append(once, p)
		}
	}
	return once
}

func ids(pieces []chunkstore.Piece) []chunkstore.ID {
	ids := make([]chunkstore.ID, len(pieces))
	for i, p := range pieces {
		ids[i] = p.ID
	}
	return ids
}

func total(pieces []chunkstore.Piece) (bytes int64) {
	for _, p := range pieces {
		bytes += p.Length
	}
	return bytes
}

// parts cuts a list into parts that are neither too long nor too large.
func parts(pieces []chunkstore.Piece) iter.Seq[[]chunkstore.Piece] {
	return func(yield func([]chunkstore.Piece) bool) {
		for len(pieces) > 0 {
			n, bytes := 0, int64(0)
			for n < len(pieces) && n < partChunks && bytes < partBytes {
				bytes += pieces[n].Length
				n++
			}
			if !yield(pieces[:n]) {
				return
			}
			pieces = pieces[n:]
		}
	}
}
