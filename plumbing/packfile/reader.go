// SPDX-License-Identifier: Apache-2.0

package packfile

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
)

// A Reader reads one pack through its index. Any number of goroutines may use
// it.
type Reader struct {
	Index *Index
	f     *os.File
	size  int64 // of the pack, bytes

	starts     sync.Once
	offsets    []int64 // where entries begin, ascending, and where they end
	offsetsErr error
}

// Open opens the pack whose index is at idxPath. It makes sure that the two
// belong together; a *FormatError says that they do not.
func Open(idxPath string) (*Reader, error) {
	x, err := OpenIndex(idxPath)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(strings.TrimSuffix(idxPath, ".idx") + ".pack")
	if err != nil {
		return nil, fmt.Errorf("open pack: %w", err)
	}
	r := &Reader{Index: x, f: f}
	if err := r.check(); err != nil {
		f.Close()
		return nil, fmt.Errorf("open pack: %w", err)
	}
	return r, nil
}

// check compares the pack's header and trailer with the index.
func (r *Reader) check() error {
	fi, err := r.f.Stat()
	if err != nil {
		return err
	}
	r.size = fi.Size()
	if r.size < packHeaderLen+trailerLen {
		return r.bad(-1, "cut short")
	}
	var head [packHeaderLen]byte
	if _, err := r.f.ReadAt(head[:], 0); err != nil {
		return err
	}
	version := binary.BigEndian.Uint32(head[4:])
	if !bytes.HasPrefix(head[:], []byte("PACK")) || version != 2 && version != 3 {
		return r.bad(0, "not a version 2 pack")
	}
	if n := binary.BigEndian.Uint32(head[8:]); int64(n) != int64(r.Index.Len()) {
		return r.bad(8, fmt.Sprintf("holds %d objects, its index %d", n, r.Index.Len()))
	}
	trailer, err := r.trailer()
	if err == nil && trailer != r.Index.PackTrailer() {
		err = r.bad(r.size-trailerLen, "its index is for another pack")
	}
	return err
}

func (r *Reader) trailer() (t [trailerLen]byte, err error) {
	_, err = r.f.ReadAt(t[:], r.size-trailerLen)
	return t, err
}

func (r *Reader) bad(offset int64, reason string) error {
	return &FormatError{Path: r.f.Name(), Offset: offset, Reason: reason}
}

// Close closes the pack. No other method may be running or be called later.
func (r *Reader) Close() error { return r.f.Close() }

// Size returns the length of the pack, bytes.
func (r *Reader) Size() int64 { return r.size }

// VerifyPack reads the whole pack and returns a *FormatError unless it ends
// with the SHA-1 of what precedes. progress, unless nil, is told each number
// of bytes that was read.
func (r *Reader) VerifyPack(ctx context.Context, progress func(n int64)) error {
	sum := sha1.New()
	err := hashFile(ctx, sum, r.f, r.size-trailerLen, progress)
	var trailer [trailerLen]byte
	if err == nil {
		trailer, err = r.trailer()
	}
	if err == nil && !bytes.Equal(sum.Sum(nil), trailer[:]) {
		err = r.bad(-1, "does not match its checksum")
	}
	if err != nil {
		return fmt.Errorf("verify pack: %w", err)
	}
	return nil
}

// extent returns where the entry at index position i begins and its length.
// The index does not say where an entry ends: the next one begins there.
func (r *Reader) extent(i int) (offset, size int64, err error) {
	r.starts.Do(r.sortOffsets)
	if r.offsetsErr != nil {
		return 0, 0, r.offsetsErr
	}
	offset = r.Index.offset(i)
	n, _ := slices.BinarySearch(r.offsets, offset)
	return offset, r.offsets[n+1] - offset, nil
}

func (r *Reader) sortOffsets() {
	end := r.size - trailerLen
	offsets := make([]int64, r.Index.Len(), r.Index.Len()+1)
	for i := range offsets {
		offsets[i] = r.Index.offset(i)
	}
	slices.Sort(offsets)
	for i, at := range offsets {
		if at >= end || i > 0 && at == offsets[i-1] {
			r.offsetsErr = r.bad(at, "its index has a wrong offset")
			return
		}
	}
	r.offsets = append(offsets, end)
}

// Header returns the kind and the content's size, bytes, of the object at
// index position i. For a delta it returns ErrDelta.
func (r *Reader) Header(i int) (kind Kind, size int64, err error) {
	var head [maxEntryHeader]byte
	h, _, err := r.head(i, head[:])
	if err != nil {
		return 0, 0, fmt.Errorf("read pack entry: %w", err)
	}
	return h.kind, h.size, nil
}

// An entryPlace is where an entry lies and what of it was read already.
type entryPlace struct {
	offset, size int64 // bytes
	head         []byte
}

// head reads the beginning of an entry, as much as buf takes, and its header.
func (r *Reader) head(i int, buf []byte) (entryHeader, entryPlace, error) {
	offset, size, err := r.extent(i)
	if err != nil {
		return entryHeader{}, entryPlace{}, err
	}
	place := entryPlace{offset, size, buf[:min(int64(len(buf)), size)]}
	if err := r.readAt(place.head, offset); err != nil {
		return entryHeader{}, place, err
	}
	h, reason := parseEntryHeader(place.head)
	if reason != "" {
		return h, place, r.bad(offset, reason)
	}
	if h.kind > Tag {
		return h, place, ErrDelta
	}
	return h, place, nil
}

// readAt fills buf. A pack that has become shorter is damaged, not at its end.
func (r *Reader) readAt(buf []byte, offset int64) error {
	_, err := r.f.ReadAt(buf, offset)
	if errors.Is(err, io.EOF) {
		return r.bad(offset, "cut short")
	}
	return err
}

// ReadRaw returns the entry at index position i as it is stored, in buf where
// that is large enough. Its CRC-32 is not checked; Writer.AppendRaw does that.
func (r *Reader) ReadRaw(i int, buf []byte) ([]byte, error) {
	offset, size, err := r.extent(i)
	if err == nil {
		buf = slices.Grow(buf[:0], int(size))[:size]
		err = r.readAt(buf, offset)
	}
	if err != nil {
		return nil, fmt.Errorf("read pack entry: %w", err)
	}
	return buf, nil
}
