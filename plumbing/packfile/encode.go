// SPDX-License-Identifier: Apache-2.0

package packfile

import (
	"encoding/binary"
	"hash/crc32"
	"sync"

	"github.com/klauspost/compress/flate"

	"github.com/git-devops/git-devops/chunkstore"
)

const (
	// level is the deflate level. On logs, sources and executables 2 is as
	// fast as 1 and makes them 3 % smaller; 3 is slower.
	level = 2
	// sampleFrom is the content size from which a sample decides whether
	// compressing is tried at all; below it, trying costs less than guessing.
	sampleFrom  = samples * samplePiece
	samplePiece = 4 << 10
	samples     = 4
)

// An Object is one encoded entry that no pack holds yet. It may refer to the
// content it was encoded from.
type Object struct {
	ID   chunkstore.ID
	crc  uint32
	size int64 // bytes as an entry
	buf  *entryBuffer
}

// Size returns how many bytes the object takes in a pack.
func (o Object) Size() int64 { return o.size }

// ContentSize returns the length of the content, bytes.
func (o Object) ContentSize() int64 {
	h, _ := parseEntryHeader(o.buf.parts[0])
	return h.size
}

// Release gives the object's buffers back. It is called once, after the last
// use of the object; the object is unusable then.
func (o Object) Release() {
	clear(o.buf.parts)
	o.buf.parts = o.buf.parts[:0]
	entryBuffers.Put(o.buf)
}

// An entryBuffer is the storage of one encoded entry: parts are its bytes in
// order and point into head, out or the content.
type entryBuffer struct {
	parts [][]byte
	head  []byte // headers and checksum of a stored entry
	out   []byte // the whole of a deflated entry
}

// Write appends to out; the deflater writes here.
func (b *entryBuffer) Write(p []byte) (int, error) {
	b.out = append(b.out, p...)
	return len(p), nil
}

var entryBuffers = sync.Pool{New: func() any { return new(entryBuffer) }}

// An Encoder makes objects. It serves one goroutine; its objects may be used
// by others.
type Encoder struct {
	deflate *flate.Writer
	sampled counter
}

// NewEncoder returns an encoder.
func NewEncoder() *Encoder {
	w, err := flate.NewWriter(nil, level)
	if err != nil {
		panic("internal error: " + err.Error())
	}
	return &Encoder{deflate: w}
}

// Encode returns data as an entry for the object id, compressed where that
// pays. The object may refer to data, which must not change until the object
// has been appended. Encode does not check that id is data's.
func (e *Encoder) Encode(kind Kind, id chunkstore.ID, data []byte) Object {
	buf := entryBuffers.Get().(*entryBuffer)
	o := Object{ID: id, buf: buf}
	if e.pays(data) {
		e.deflated(buf, kind, data)
		o.size = int64(len(buf.out))
		o.crc = crc32.ChecksumIEEE(buf.out)
		if o.size < storedSize(int64(len(data))) {
			buf.parts = append(buf.parts[:0], buf.out)
			return o
		}
	}
	o.size = storedSize(int64(len(data)))
	o.crc = buf.stored(kind, data)
	return o
}

// pays guesses from pieces spread over data whether deflating it makes it at
// least a tenth smaller.
func (e *Encoder) pays(data []byte) bool {
	if len(data) < sampleFrom {
		return true
	}
	e.sampled = 0
	e.deflate.Reset(&e.sampled)
	step := (len(data) - samplePiece) / (samples - 1)
	for i := range samples {
		e.write(data[i*step : i*step+samplePiece])
	}
	e.close()
	return e.sampled < samples*samplePiece*9/10
}

// deflated makes buf.out the whole entry, deflated.
func (e *Encoder) deflated(buf *entryBuffer, kind Kind, data []byte) {
	buf.out = appendEntryHeader(buf.out[:0], kind, int64(len(data)))
	buf.out = append(buf.out, zlibHeader...)
	e.deflate.Reset(buf)
	e.write(data)
	e.close()
	buf.out = binary.BigEndian.AppendUint32(buf.out, adler32(data))
}

// write and close pass content to the deflater; its sinks cannot fail.
func (e *Encoder) write(p []byte) {
	if _, err := e.deflate.Write(p); err != nil {
		panic("internal error: " + err.Error())
	}
}

func (e *Encoder) close() {
	if err := e.deflate.Close(); err != nil {
		panic("internal error: " + err.Error())
	}
}

// A counter is a writer that only counts.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
