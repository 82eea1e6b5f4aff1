// SPDX-License-Identifier: Apache-2.0

package packfile

import (
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/git-devops/git-devops/chunkstore"
)

// MaxContent is the longest content that Decode makes of an entry, bytes: no
// chunk is longer.
const MaxContent = 64 << 20

// MaxEntry is the longest entry that ReadBlobRaw reads, bytes: content of
// MaxContent in stored form and some room.
const MaxEntry = MaxContent + 8<<10

// LongestEntry is how long the entry of so many bytes of content may be: zlib
// adds less to what does not compress.
func LongestEntry(content int64) int64 { return content + content/256 + 1024 }

// ContentSize returns how many bytes of content an entry says that it has, 0
// when it cannot be read.
func ContentSize(raw []byte) int64 {
	h, reason := parseEntryHeader(raw)
	if reason != "" {
		return 0
	}
	return h.size
}

// Decode returns the content of a blob entry as a pack stores it (ReadRaw), in
// buf where that is large enough. Stored content is copied and not inflated.
// No more is allocated than the entry can contain, whatever it says of itself.
// As with ReadBlob the content is not checked against any id. Errors: ErrDelta,
// ErrNotBlob, a *FormatError for damage and for content above MaxContent.
func Decode(raw, buf []byte) ([]byte, error) {
	h, reason := parseEntryHeader(raw)
	switch {
	case reason != "":
		return nil, badEntry(reason)
	case h.kind > Tag:
		return nil, fmt.Errorf("decode pack entry: %w", ErrDelta)
	case h.kind != Blob:
		return nil, fmt.Errorf("decode pack entry: %w", ErrNotBlob)
	case h.size > MaxContent:
		return nil, badEntry(fmt.Sprintf("content of %d bytes is longer than a chunk may be", h.size))
	case h.size/maxRatio > int64(len(raw)):
		return nil, badEntry("content cannot be that long")
	}
	buf = slices.Grow(buf[:0], int(h.size))[:h.size]
	if err := decode(h, raw, buf); err != nil {
		return nil, err
	}
	return buf, nil
}

// decode fills buf.
func decode(h entryHeader, raw, buf []byte) error {
	fl := inflaters.Get().(*inflater)
	defer inflaters.Put(fl)
	if !storedEntry(h, entryPlace{size: int64(len(raw)), head: raw}) {
		err := fl.inflate(raw[h.n:], buf)
		fl.src.Reset(nil) // the pool must not keep raw alive
		if err != nil {
			return badEntry(err.Error())
		}
		return nil
	}
	fl.scatter(buf)
	defer clear(fl.vectors) // nor buf
	fill(fl.vectors, raw[h.n+len(zlibHeader)+blockHeaderLen:])
	if !storedGlue(fl.glue, len(buf)) {
		return badEntry("stored content is damaged")
	}
	return nil
}

func badEntry(reason string) error {
	return &FormatError{Path: "pack entry", Offset: -1, Reason: reason}
}

// ReadBlobRaw returns the entry at index position i as it is stored, in buf where
// that is large enough, if it is a whole blob and matches its CRC-32. Errors:
// ErrDelta, ErrNotBlob, a *FormatError for damage and above MaxEntry.
func (r *Reader) ReadBlobRaw(i int, buf []byte) ([]byte, error) {
	id, offset, crc := r.Index.At(i)
	if r.RawSize(i) > MaxEntry {
		return nil, r.bad(offset, "entry is longer than that of a chunk may be")
	}
	raw, err := r.ReadRaw(i, buf)
	if err != nil {
		return nil, err
	}
	h, reason := parseEntryHeader(raw)
	if reason == "" && crc32.ChecksumIEEE(raw) != crc {
		reason = "entry does not match its CRC-32"
	}
	switch {
	case reason != "":
		err = r.bad(offset, reason)
	case h.kind > Tag:
		err = ErrDelta
	case h.kind != Blob:
		err = ErrNotBlob
	default:
		return raw, nil
	}
	return nil, fmt.Errorf("read blob %s: %w", id, err)
}

// FromRaw returns the entry of a whole blob as a pack stores it as an object
// that can be appended to another pack. The object refers to raw, which must
// not change until it has been appended. That raw is such an entry, and id
// that of its content, the caller has found out with Decode.
func FromRaw(id chunkstore.ID, raw []byte) Object {
	buf := entryBuffers.Get().(*entryBuffer)
	buf.parts = append(buf.parts[:0], raw)
	return Object{ID: id, crc: crc32.ChecksumIEEE(raw), size: int64(len(raw)), buf: buf}
}

// Raw returns the entry as a pack stores it, in buf where that is large enough.
func (o Object) Raw(buf []byte) []byte {
	buf = slices.Grow(buf[:0], int(o.size))
	for _, p := range o.buf.parts {
		buf = append(buf, p...)
	}
	return buf
}
