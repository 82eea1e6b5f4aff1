// SPDX-License-Identifier: Apache-2.0

package packfile

import (
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"hash"
	"hash/crc32"
	"os"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/spool"
)

const (
	// bufferSize gathers small entries; larger ones are written from where
	// they lie.
	bufferSize = 256 << 10
	// gatherUnder is the size of an entry, in bytes, below which copying it
	// to the buffer costs less than a system call.
	gatherUnder = 32 << 10
	maxVectors  = 1024 // IOV_MAX
)

// A Writer writes one pack. It serves one goroutine.
type Writer struct {
	f         *os.File // in the spool directory, locked
	dir       string
	expect    int
	sum       hash.Hash // over what was written, with expect in the header
	size      int64     // bytes so far, those in buf included
	writeback *writeback
	buf       []byte // entries not yet written
	vectors   [][]byte
	entries   []packed
	known     map[chunkstore.ID]struct{}
	err       error // the first error; the writer is of no use after it
}

// A packed object is one line of the index.
type packed struct {
	id     chunkstore.ID
	crc    uint32
	offset int64
}

// Create begins a pack in a temporary file in dir, the spool directory, which
// must exist, be on the file system the pack is meant for and not be git's
// objects/pack. The file is locked while the writer lives; see Sweep. expect
// is how many objects the pack will probably get: when Finish finds that many,
// the pack need not be read again to compute its checksum. Every writer must
// be brought to Finish or Abort.
func Create(dir string, expect int) (*Writer, error) {
	f, err := spool.Create(dir, 0o444)
	if err != nil {
		return nil, fmt.Errorf("create pack: %w", err)
	}
	w := &Writer{
		f: f, dir: dir, expect: expect, sum: sha1.New(),
		writeback: newWriteback(f),
		buf:       make([]byte, 0, bufferSize),
		known:     make(map[chunkstore.ID]struct{}),
	}
	w.buf = appendPackHeader(w.buf, expect)
	w.size = packHeaderLen
	return w, nil
}

func appendPackHeader(dst []byte, count int) []byte {
	dst = append(dst, "PACK\x00\x00\x00\x02"...)
	return binary.BigEndian.AppendUint32(dst, uint32(count))
}

// Len returns the number of objects in the pack so far.
func (w *Writer) Len() int { return len(w.entries) }

// Bytes returns the length of the pack so far.
func (w *Writer) Bytes() int64 { return w.size }

// Has reports whether the pack holds the object.
func (w *Writer) Has(id chunkstore.ID) bool {
	_, ok := w.known[id]
	return ok
}

// Append adds the object to the pack, unless the pack has it. The content o
// was encoded from is not used after Append has returned. After an error,
// every later call returns it again; Abort is all that is left.
func (w *Writer) Append(o Object) error {
	return w.append(o.ID, o.crc, o.size, o.buf.parts...)
}

// AppendRaw adds an entry as another pack stores it (Reader.ReadRaw), whose
// CRC-32 that pack's index gives as crc. An entry that does not match crc, or
// that is a delta, is refused with a *FormatError or ErrDelta, and the writer
// remains good.
func (w *Writer) AppendRaw(id chunkstore.ID, raw []byte, crc uint32) error {
	h, reason := parseEntryHeader(raw)
	if reason == "" && crc32.ChecksumIEEE(raw) != crc {
		reason = "entry does not match its CRC-32"
	}
	if reason != "" {
		return fmt.Errorf("copy entry %s: %w", id, &FormatError{Offset: -1, Reason: reason})
	}
	if h.kind > Tag {
		return fmt.Errorf("copy entry %s: %w", id, ErrDelta)
	}
	return w.append(id, crc, int64(len(raw)), raw)
}

// append adds an entry that consists of parts, size bytes in all.
func (w *Writer) append(id chunkstore.ID, crc uint32, size int64, parts ...[]byte) error {
	if w.err != nil {
		return w.err
	}
	if w.Has(id) {
		return nil
	}
	if size < gatherUnder {
		for _, p := range parts {
			w.buf = append(w.buf, p...)
		}
		if len(w.buf) > bufferSize-gatherUnder {
			w.flush()
		}
	} else {
		w.flush(parts...)
	}
	if w.err != nil {
		return w.err
	}
	w.known[id] = struct{}{}
	w.entries = append(w.entries, packed{id: id, crc: crc, offset: w.size})
	w.size += size
	if written := w.size - int64(len(w.buf)); written-w.writeback.begun >= writebackEvery {
		w.writeback.upTo(written)
	}
	return nil
}

// flush hashes and writes the buffer and then parts.
func (w *Writer) flush(parts ...[]byte) {
	w.vectors = append(append(w.vectors[:0], w.buf), parts...)
	for _, p := range w.vectors {
		w.sum.Write(p)
	}
	if err := writeAll(w.f, w.vectors); err != nil && w.err == nil {
		w.err = fmt.Errorf("write pack: %w", err)
	}
	clear(w.vectors)
	w.buf = w.buf[:0]
}

// writeAll writes the vectors, which it consumes, at the file's position.
func writeAll(f *os.File, vectors [][]byte) error {
	for len(vectors) > 0 {
		n, err := unix.Writev(int(f.Fd()), vectors[:min(len(vectors), maxVectors)])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return &os.PathError{Op: "write", Path: f.Name(), Err: err}
		}
		vectors = advance(vectors, n)
	}
	return nil
}

// advance drops n bytes, and empty vectors, from the front.
func advance(vectors [][]byte, n int) [][]byte {
	for len(vectors) > 0 && n >= len(vectors[0]) {
		n -= len(vectors[0])
		vectors = vectors[1:]
	}
	if n > 0 {
		vectors[0] = vectors[0][n:]
	}
	return vectors
}
