// SPDX-License-Identifier: Apache-2.0

package packfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"github.com/klauspost/compress/zlib"
	"golang.org/x/sys/unix"
)

const (
	// wholeUnder is the size of an entry, in bytes, below which it is read
	// with one system call; of larger ones the head is read first, so that
	// stored content can be read to where it belongs.
	wholeUnder = 64 << 10
	headLen    = maxEntryHeader + len(zlibHeader) + blockHeaderLen
	// maxRatio bounds what deflate can make of a byte, so that a damaged
	// size cannot ask for all memory.
	maxRatio = 1032
)

// An inflater is what reading an entry needs beside the result.
type inflater struct {
	raw     []byte
	src     bytes.Reader
	zlib    io.ReadCloser
	glue    []byte // block headers and checksum of a stored entry
	vectors [][]byte
}

var inflaters = sync.Pool{New: func() any { return new(inflater) }}

// ReadBlob returns the content of the blob at index position i, in buf where
// that is large enough. It does not check that the content matches the id, and
// for stored content not even the Adler-32: the caller has the better check.
// Errors: ErrDelta, ErrNotBlob, a *FormatError for damage that shows.
func (r *Reader) ReadBlob(i int, buf []byte) ([]byte, error) {
	fl := inflaters.Get().(*inflater)
	defer inflaters.Put(fl)
	data, err := r.readBlob(fl, i, buf)
	if err != nil {
		id, _, _ := r.Index.At(i)
		return nil, fmt.Errorf("read blob %s: %w", id, err)
	}
	return data, nil
}

func (r *Reader) readBlob(fl *inflater, i int, buf []byte) ([]byte, error) {
	fl.raw = slices.Grow(fl.raw[:0], wholeUnder)[:wholeUnder]
	_, size, err := r.extent(i)
	if err != nil {
		return nil, err
	}
	first := fl.raw
	if size > wholeUnder {
		first = fl.raw[:headLen]
	}
	h, at, err := r.head(i, first)
	if err != nil {
		return nil, err
	}
	if h.kind != Blob {
		return nil, ErrNotBlob
	}
	if h.size/maxRatio > at.size {
		return nil, r.bad(at.offset, "content cannot be that long")
	}
	buf = slices.Grow(buf[:0], int(h.size))[:h.size]
	if storedEntry(h, at) {
		return buf, r.readStored(fl, h, at, buf)
	}
	return buf, r.inflate(fl, h, at, buf)
}

// storedEntry reports whether the entry begins, and is as long, as stored does
// it.
func storedEntry(h entryHeader, at entryPlace) bool {
	if at.size != storedSize(h.size) || h.size == 0 {
		return false
	}
	var want [headLen]byte
	n := int(min(h.size, maxBlock))
	head := appendBlockHeader(append(want[:0], zlibHeader...), n, int64(n) == h.size)
	return bytes.HasPrefix(at.head[h.n:], head)
}

// readStored fills buf from the blocks of a stored entry, straight from the
// file, but for small ones, which are in memory already.
func (r *Reader) readStored(fl *inflater, h entryHeader, at entryPlace, buf []byte) error {
	fl.scatter(buf)
	defer clear(fl.vectors) // the pool must not keep buf alive
	skip := int64(h.n + len(zlibHeader) + blockHeaderLen)
	if int64(len(at.head)) == at.size {
		fill(fl.vectors, at.head[skip:])
	} else if err := r.readVectors(fl.vectors, at.offset+skip); err != nil {
		return err
	}
	if !storedGlue(fl.glue, len(buf)) {
		return r.bad(at.offset, "stored content is damaged")
	}
	return nil
}

// scatter makes vectors what follows the first block header of a stored entry:
// blocks, which go to buf, with what stands between and after them, which goes
// to glue.
func (fl *inflater) scatter(buf []byte) {
	n := int(storedBlocks(int64(len(buf)))-1)*blockHeaderLen + adlerLen
	fl.glue = slices.Grow(fl.glue[:0], n)[:n]
	fl.vectors = fl.vectors[:0]
	glue := fl.glue
	for len(buf) > maxBlock {
		fl.vectors = append(fl.vectors, buf[:maxBlock], glue[:blockHeaderLen])
		buf, glue = buf[maxBlock:], glue[blockHeaderLen:]
	}
	fl.vectors = append(fl.vectors, buf, glue)
}

// storedGlue reports whether glue has the block headers for size bytes, but
// for the first one.
func storedGlue(glue []byte, size int) bool {
	var want [blockHeaderLen]byte
	for size -= maxBlock; size > 0; size -= maxBlock {
		n := min(size, maxBlock)
		if !bytes.HasPrefix(glue, appendBlockHeader(want[:0], n, n == size)) {
			return false
		}
		glue = glue[blockHeaderLen:]
	}
	return true
}

// fill copies src to the vectors.
func fill(vectors [][]byte, src []byte) {
	for _, v := range vectors {
		src = src[copy(v, src):]
	}
}

// readVectors fills the vectors, which it consumes, from offset on.
func (r *Reader) readVectors(vectors [][]byte, offset int64) error {
	for len(vectors) > 0 {
		n, err := unix.Preadv(int(r.f.Fd()), vectors[:min(len(vectors), maxVectors)], offset)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return &os.PathError{Op: "read", Path: r.f.Name(), Err: err}
		}
		if n == 0 {
			return r.bad(offset, "cut short")
		}
		vectors, offset = advance(vectors, n), offset+int64(n)
	}
	return nil
}

// inflate fills buf with the content of an entry, which must be exactly that
// long and fill the entry.
func (r *Reader) inflate(fl *inflater, h entryHeader, at entryPlace, buf []byte) error {
	raw := at.head
	if int64(len(raw)) < at.size {
		fl.raw = slices.Grow(fl.raw[:0], int(at.size))[:at.size]
		raw = fl.raw
		if err := r.readAt(raw, at.offset); err != nil {
			return err
		}
	}
	if err := fl.inflate(raw[h.n:], buf); err != nil {
		return r.bad(at.offset, err.Error())
	}
	return nil
}

var (
	errLonger = errors.New("content is longer than declared")
	errRest   = errors.New("bytes follow the content")
)

// inflate fills buf from a zlib stream, whose Adler-32 it checks.
func (fl *inflater) inflate(raw, buf []byte) error {
	fl.src.Reset(raw)
	if err := fl.open(); err != nil {
		return err
	}
	if _, err := io.ReadFull(fl.zlib, buf); err != nil {
		return err
	}
	var more [1]byte
	if n, err := fl.zlib.Read(more[:]); n > 0 {
		return errLonger
	} else if err != io.EOF {
		return err
	}
	if fl.src.Len() > 0 {
		return errRest
	}
	return nil
}

// open has fl.zlib read from fl.src.
func (fl *inflater) open() (err error) {
	if fl.zlib != nil {
		return fl.zlib.(zlib.Resetter).Reset(&fl.src, nil)
	}
	fl.zlib, err = zlib.NewReader(&fl.src)
	return err
}
