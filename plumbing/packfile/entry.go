// SPDX-License-Identifier: Apache-2.0

package packfile

import "fmt"

// Kind is the type of an object as packs number it.
type Kind byte

// The kinds of objects that packs hold whole.
const (
	Commit Kind = 1
	Tree   Kind = 2
	Blob   Kind = 3
	Tag    Kind = 4

	offsetDelta Kind = 6
	refDelta    Kind = 7
)

// String returns git's word for the kind.
func (k Kind) String() string {
	switch k {
	case Commit:
		return "commit"
	case Tree:
		return "tree"
	case Blob:
		return "blob"
	case Tag:
		return "tag"
	case offsetDelta:
		return "ofs-delta"
	case refDelta:
		return "ref-delta"
	}
	return fmt.Sprintf("kind %d", byte(k))
}

const (
	packHeaderLen = 12
	trailerLen    = 20
	// maxEntryHeader bounds sizes to 60 bits: 4 in the first byte and 7 in
	// each of eight more.
	maxEntryHeader = 9
)

// appendEntryHeader appends the header of an entry with size bytes of content.
func appendEntryHeader(dst []byte, kind Kind, size int64) []byte {
	b := byte(kind)<<4 | byte(size&15)
	for size >>= 4; size > 0; size >>= 7 {
		dst = append(dst, b|0x80)
		b = byte(size & 0x7f)
	}
	return append(dst, b)
}

// An entryHeader is what stands before the zlib stream of an entry.
type entryHeader struct {
	kind Kind
	size int64 // bytes of content
	n    int   // bytes of the header itself
}

// parseEntryHeader reads the header at the start of raw; reason is "" when it
// is good.
func parseEntryHeader(raw []byte) (h entryHeader, reason string) {
	if len(raw) == 0 {
		return h, "entry header cut short"
	}
	b := raw[0]
	h = entryHeader{kind: Kind(b >> 4 & 7), size: int64(b & 15), n: 1}
	for shift := 4; b&0x80 != 0; shift += 7 {
		if h.n == maxEntryHeader {
			return h, "entry size out of range"
		}
		if h.n == len(raw) {
			return h, "entry header cut short"
		}
		b = raw[h.n]
		h.size |= int64(b&0x7f) << shift
		h.n++
	}
	if h.kind == 0 || h.kind == 5 {
		return h, "unknown entry type"
	}
	return h, ""
}
