// SPDX-License-Identifier: Apache-2.0

package packfile

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"os"

	"github.com/git-devops/git-devops/chunkstore"
)

const (
	idLen = 20
	// indexEntryLen is an id, a CRC-32 and a short offset.
	indexEntryLen = idLen + 4 + 4
)

// An Index is a pack's index in memory: where in the pack each object is. Its
// positions, 0 to Len()-1, are in ascending order of id.
type Index struct {
	path    string
	data    []byte
	count   int
	ids     []byte
	crcs    []byte
	offsets []byte // 4 bytes each
	wide    []byte // 8 bytes each
}

// OpenIndex reads the index at path. Everything a look-up relies on is
// checked, at the price of one pass; a *FormatError says what is wrong.
// Whether the bytes are those once written, VerifyChecksum finds out.
func OpenIndex(path string) (*Index, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read pack index: %w", err)
	}
	x, err := parseIndex(path, data)
	if err != nil {
		return nil, fmt.Errorf("read pack index: %w", err)
	}
	return x, nil
}

// parseIndex takes data over.
func parseIndex(path string, data []byte) (*Index, error) {
	x := &Index{path: path, data: data}
	if !bytes.HasPrefix(data, []byte(indexMagic)) {
		return nil, x.bad(0, "not a version 2 pack index")
	}
	if len(data) < indexTableFrom+2*trailerLen {
		return nil, x.bad(-1, "cut short")
	}
	if err := x.slice(); err != nil {
		return nil, err
	}
	if err := x.checkIDs(); err != nil {
		return nil, err
	}
	return x, x.checkOffsets()
}

// slice finds the tables.
func (x *Index) slice() error {
	count := int64(x.fanout(255))
	tables := x.data[indexTableFrom : len(x.data)-2*trailerLen]
	wide := int64(len(tables)) - count*indexEntryLen
	if wide < 0 || wide%8 != 0 || wide/8 > count {
		return x.bad(-1, fmt.Sprintf("%d bytes do not fit %d objects", len(x.data), count))
	}
	x.count = int(count)
	x.ids, tables = tables[:count*idLen], tables[count*idLen:]
	x.crcs, tables = tables[:count*4], tables[count*4:]
	x.offsets, x.wide = tables[:count*4], tables[count*4:]
	return nil
}

// checkIDs makes sure that the ids ascend and the fan-out table is theirs.
func (x *Index) checkIDs() error {
	n := 0
	for b := range 256 {
		end := int(x.fanout(b))
		if end < n || end > x.count {
			return x.bad(int64(len(indexMagic)+4*b), "fan-out table is not monotonic")
		}
		for ; n < end; n++ {
			id := x.id(n)
			if int(id[0]) != b || n > 0 && bytes.Compare(x.id(n-1), id) > 0 {
				return x.bad(int64(indexTableFrom+idLen*n), "ids are out of order")
			}
		}
	}
	return nil
}

// checkOffsets makes sure that At finds an offset behind the pack's header.
func (x *Index) checkOffsets() error {
	for i := range x.count {
		at := int64(indexTableFrom + x.count*(idLen+4) + 4*i)
		short := binary.BigEndian.Uint32(x.offsets[4*i:])
		if short >= wideOffset && int64(short-wideOffset) >= int64(len(x.wide)/8) {
			return x.bad(at, "offset refers outside the table of long offsets")
		}
		if x.offset(i) < packHeaderLen {
			return x.bad(at, "offset out of range")
		}
	}
	return nil
}

func (x *Index) bad(offset int64, reason string) error {
	return &FormatError{Path: x.path, Offset: offset, Reason: reason}
}

func (x *Index) fanout(b int) uint32 {
	return binary.BigEndian.Uint32(x.data[len(indexMagic)+4*b:])
}

func (x *Index) id(i int) []byte { return x.ids[idLen*i : idLen*(i+1)] }

func (x *Index) offset(i int) int64 {
	at := binary.BigEndian.Uint32(x.offsets[4*i:])
	if at < wideOffset {
		return int64(at)
	}
	return int64(binary.BigEndian.Uint64(x.wide[8*(at-wideOffset):]))
}

// Len returns the number of objects.
func (x *Index) Len() int { return x.count }

// At returns the object at position i, where its entry begins in the pack and
// the CRC-32 of that entry.
func (x *Index) At(i int) (id chunkstore.ID, offset int64, crc uint32) {
	return chunkstore.ID(x.id(i)), x.offset(i), binary.BigEndian.Uint32(x.crcs[4*i:])
}

// Find returns the position of the object.
func (x *Index) Find(id chunkstore.ID) (i int, ok bool) {
	lo, hi := 0, int(x.fanout(int(id[0])))
	if id[0] > 0 {
		lo = int(x.fanout(int(id[0]) - 1))
	}
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		switch c := bytes.Compare(x.id(mid), id[:]); {
		case c == 0:
			return mid, true
		case c < 0:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return 0, false
}

// PackTrailer returns the checksum of the pack that the index is for.
func (x *Index) PackTrailer() [20]byte {
	return [20]byte(x.data[len(x.data)-2*trailerLen:])
}

// VerifyChecksum returns a *FormatError unless the index ends with the SHA-1
// of what precedes.
func (x *Index) VerifyChecksum() error {
	end := len(x.data) - trailerLen
	if sha1.Sum(x.data[:end]) != [20]byte(x.data[end:]) {
		return x.bad(-1, "does not match its checksum")
	}
	return nil
}
