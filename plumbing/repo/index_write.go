// SPDX-License-Identifier: Apache-2.0

package repo

import (
	"crypto/sha1"
	"encoding/binary"
)

// encode gives the bytes of an index file: version 4 when it was that, else 3
// where an entry needs it, else 2, with the checksum.
func (x *Index) encode() []byte {
	version := x.diskVersion()
	size := indexHeaderSize + len(x.tree) + len(x.undo) + 16 + sha1.Size
	for i := range x.Entries {
		size += entryFixedSize + 2 + len(x.Entries[i].Path) + 8
	}
	b := make([]byte, 0, size)
	b = append(b, indexMagic...)
	b = binary.BigEndian.AppendUint32(b, version)
	b = binary.BigEndian.AppendUint32(b, uint32(len(x.Entries)))
	previous := ""
	for i := range x.Entries {
		e := &x.Entries[i]
		start := len(b)
		b = e.appendFixed(b)
		if version == 4 {
			b = appendCompressedPath(b, previous, e.Path)
			previous = e.Path
			continue
		}
		b = append(b, e.Path...)
		b = append(b, "\x00\x00\x00\x00\x00\x00\x00\x00"[:8-(len(b)-start)%8]...)
	}
	b = appendExtension(b, "TREE", x.tree)
	b = appendExtension(b, "REUC", x.undo)
	sum := sha1.Sum(b)
	return append(b, sum[:]...)
}

func (x *Index) diskVersion() uint32 {
	if x.version == 4 {
		return 4
	}
	for i := range x.Entries {
		if x.Entries[i].extended() {
			return 3
		}
	}
	return 2
}

func (e *Entry) extended() bool { return e.SkipWorktree || e.IntentToAdd }

func (e *Entry) appendFixed(b []byte) []byte {
	s := &e.Stat
	for _, word := range [10]uint32{
		s.CtimeSec, s.CtimeNsec, s.MtimeSec, s.MtimeNsec,
		s.Dev, s.Ino, e.Mode, s.UID, s.GID, s.Size,
	} {
		b = binary.BigEndian.AppendUint32(b, word)
	}
	b = append(b, e.ID[:]...)
	flags := uint16(min(len(e.Path), flagNameMask)) | uint16(e.Stage)<<flagStageShift
	if e.AssumeValid {
		flags |= flagAssumeValid
	}
	if !e.extended() {
		return binary.BigEndian.AppendUint16(b, flags)
	}
	b = binary.BigEndian.AppendUint16(b, flags|flagExtended)
	var extended uint16
	if e.SkipWorktree {
		extended |= flagSkipWorktree
	}
	if e.IntentToAdd {
		extended |= flagIntentToAdd
	}
	return binary.BigEndian.AppendUint16(b, extended)
}

func appendCompressedPath(b []byte, previous, path string) []byte {
	same := 0
	for same < len(previous) && same < len(path) && previous[same] == path[same] {
		same++
	}
	b = appendOffset(b, uint64(len(previous)-same))
	b = append(b, path[same:]...)
	return append(b, 0)
}

// appendOffset is the inverse of decodeOffset.
func appendOffset(b []byte, value uint64) []byte {
	var digits [10]byte
	at := len(digits) - 1
	digits[at] = byte(value & 0x7f)
	for value >>= 7; value != 0; value >>= 7 {
		value--
		at--
		digits[at] = 0x80 | byte(value&0x7f)
	}
	return append(b, digits[at:]...)
}

func appendExtension(b []byte, name string, content []byte) []byte {
	if len(content) == 0 {
		return b
	}
	b = append(b, name...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(content)))
	return append(b, content...)
}
