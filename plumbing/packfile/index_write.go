// SPDX-License-Identifier: Apache-2.0

package packfile

import (
	"bufio"
	"crypto/sha1"
	"encoding/binary"
	"io"
	"slices"
)

const (
	indexMagic     = "\xfftOc\x00\x00\x00\x02"
	fanoutLen      = 256 * 4
	indexTableFrom = len(indexMagic) + fanoutLen
	// wideOffset marks a 4-byte offset as a position in the table of 8-byte
	// offsets, which serves packs above 2 GiB.
	wideOffset = 1 << 31
)

// writeIndex writes the version 2 index of a pack with this trailer. It sorts
// entries by id.
func writeIndex(out io.Writer, entries []packed, trailer [trailerLen]byte) error {
	slices.SortFunc(entries, func(a, b packed) int { return a.id.Compare(b.id) })
	sum := sha1.New()
	w := bufio.NewWriterSize(io.MultiWriter(out, sum), 64<<10)
	w.WriteString(indexMagic)
	writeFanout(w, entries)
	for i := range entries {
		w.Write(entries[i].id[:])
	}
	for i := range entries {
		putUint32(w, entries[i].crc)
	}
	writeOffsets(w, entries)
	w.Write(trailer[:])
	if err := w.Flush(); err != nil { // which returns the first error of all
		return err
	}
	_, err := out.Write(sum.Sum(nil))
	return err
}

// writeFanout writes, for each first byte, how many ids begin with that byte
// or a smaller one.
func writeFanout(w *bufio.Writer, entries []packed) {
	n := 0
	for b := range 256 {
		for n < len(entries) && int(entries[n].id[0]) <= b {
			n++
		}
		putUint32(w, uint32(n))
	}
}

func writeOffsets(w *bufio.Writer, entries []packed) {
	var wide []int64
	for i := range entries {
		at := entries[i].offset
		if at >= wideOffset {
			wide = append(wide, at)
			at = wideOffset | int64(len(wide)-1)
		}
		putUint32(w, uint32(at))
	}
	for _, at := range wide {
		putUint32(w, uint32(at>>32))
		putUint32(w, uint32(at))
	}
}

func putUint32(w *bufio.Writer, v uint32) {
	w.Write(binary.BigEndian.AppendUint32(w.AvailableBuffer(), v))
}
