// SPDX-License-Identifier: Apache-2.0

package packfile

import (
	"encoding/binary"
	"hash/crc32"
)

const (
	// zlibHeader says deflate, 32 KiB window, fastest; RFC 1950.
	zlibHeader = "\x78\x01"
	adlerLen   = 4
	// A stored block is a byte that says so and whether it is the last one,
	// the length, the length's complement, then that many bytes; RFC 1951.
	blockHeaderLen = 5
	maxBlock       = 65535
)

// storedBlocks returns how many stored blocks size bytes take; nothing at
// all takes one.
func storedBlocks(size int64) int64 {
	return max(1, (size+maxBlock-1)/maxBlock)
}

// storedSize returns the length of an entry with size bytes of content in
// stored form.
func storedSize(size int64) int64 {
	var head [maxEntryHeader]byte
	n := len(appendEntryHeader(head[:0], Blob, size))
	return int64(n+len(zlibHeader)) + blockHeaderLen*storedBlocks(size) + size + adlerLen
}

// appendBlockHeader appends the header of a stored block of n bytes.
func appendBlockHeader(dst []byte, n int, last bool) []byte {
	b := byte(0)
	if last {
		b = 1
	}
	dst = append(dst, b)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(n))
	return binary.LittleEndian.AppendUint16(dst, ^uint16(n))
}

// stored makes b an entry that refers to data and returns its CRC-32.
func (b *entryBuffer) stored(kind Kind, data []byte) uint32 {
	size := int64(len(data))
	need := maxEntryHeader + len(zlibHeader) + int(storedBlocks(size))*blockHeaderLen + adlerLen
	if cap(b.head) < need {
		b.head = make([]byte, 0, need)
	}
	sum := adler32(data)
	head := append(appendEntryHeader(b.head[:0], kind, size), zlibHeader...)
	parts := b.parts[:0]
	for from := 0; ; {
		n := min(len(data), maxBlock)
		head = appendBlockHeader(head, n, n == len(data))
		parts = append(parts, head[from:], data[:n])
		if data = data[n:]; len(data) == 0 {
			break
		}
		from = len(head)
	}
	head = binary.BigEndian.AppendUint32(head, sum)
	b.head, b.parts = head, append(parts, head[len(head)-adlerLen:])
	return checksum(b.parts)
}

// checksum returns the CRC-32 of the parts one after the other.
func checksum(parts [][]byte) uint32 {
	crc := uint32(0)
	for _, p := range parts {
		crc = crc32.Update(crc, crc32.IEEETable, p)
	}
	return crc
}
