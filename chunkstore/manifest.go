// SPDX-License-Identifier: Apache-2.0

package chunkstore

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strconv"
)

const (
	// ManifestVersion is the version that Encode writes and ParseManifest
	// reads.
	ManifestVersion = 1

	// ManifestMagic is the first line of a manifest of that version.
	ManifestMagic = manifestName + "1\n"

	manifestName = "git-devops manifest "
)

// Piece is a part of a file: one chunk, or a hole.
type Piece struct {
	ID     ID    // of the chunk; zero for a hole
	Length int64 // bytes, more than 0
	Hole   bool  // a run of zeroes that is not stored
}

// Manifest stands in a tree for a large file. The file's content is that of
// its pieces, one after the other.
type Manifest struct {
	SHA256 [32]byte // of the whole content
	Size   int64    // bytes, the sum of the pieces' lengths
	Params Params   // what the content was cut with
	Pieces []Piece
}

// MaxManifest is the size in bytes from which on a file is taken for content
// without looking: the manifest of a file of several terabytes is smaller.
const MaxManifest = 512 << 20

// IsManifest reports whether data begins as a manifest of any version does.
// ParseManifest may still refuse it.
func IsManifest(data []byte) bool {
	return bytes.HasPrefix(data, []byte(manifestName))
}

// Encode returns the bytes of m, the only ones that ParseManifest reads as m.
// It does not check m: what breaks the rules of FORMAT.md is written as it is,
// and refused by ParseManifest.
func (m *Manifest) Encode() []byte {
	b := make([]byte, 0, 256+len(m.Pieces)*52)
	b = append(b, ManifestMagic...)
	b = fmt.Appendf(b, "sha256 %x\nsize %d\n", m.SHA256, m.Size)
	b = fmt.Appendf(b, "chunker rabin %x %d %d %d\n", m.Params.Polynomial, m.Params.Min, m.Params.Max, m.Params.AverageBits)
	b = fmt.Appendf(b, "chunks %d\n\n", m.chunks())
	for _, p := range m.Pieces {
		b = p.appendLine(b)
	}
	return b
}

func (p Piece) appendLine(b []byte) []byte {
	if p.Hole {
		b = append(b, "hole"...)
	} else {
		b = hex.AppendEncode(b, p.ID[:])
	}
	b = append(b, ' ')
	b = strconv.AppendInt(b, p.Length, 10)
	return append(b, '\n')
}

// chunks returns the number of pieces that are not holes.
func (m *Manifest) chunks() int {
	n := 0
	for _, p := range m.Pieces {
		if !p.Hole {
			n++
		}
	}
	return n
}
