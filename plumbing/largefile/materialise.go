// SPDX-License-Identifier: Apache-2.0

package largefile

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/chunkstore"
)

// Chunks gives the content of chunks.
type Chunks interface {
	// Read returns the content of a chunk, in buf where that is large enough.
	// It need not verify it: the caller does. It returns a
	// *chunkstore.MissingError for a chunk that is not there.
	Read(ctx context.Context, id chunkstore.ID, buf []byte) ([]byte, error)
	// Get is asked when what Read gave is not the chunk: there may be another
	// copy.
	chunkstore.Getter
}

// A DigestError says that chunks which are all what their names say do not
// make up the content that the manifest promises: the manifest is wrong.
type DigestError struct{ Want, Got [32]byte }

func (e *DigestError) Error() string {
	return "content has sha256 " + hex.EncodeToString(e.Got[:]) + ", the manifest says " + hex.EncodeToString(e.Want[:])
}

// A Seed is a file that probably holds some of the wanted chunks. What it
// gives is verified like everything else.
type Seed struct {
	file   *os.File
	chunks map[chunkstore.ID]int64 // offset in bytes
}

// NewSeed takes chunks from f where m says they lie. The caller keeps f open
// as long as the seed is used.
func NewSeed(f *os.File, m *chunkstore.Manifest) *Seed {
	s := &Seed{file: f, chunks: make(map[chunkstore.ID]int64, len(m.Pieces))}
	for _, at := range spans(m) {
		if !at.Hole {
			s.chunks[at.ID] = at.offset
		}
	}
	return s
}

// MaterialiseOptions say how content is written.
type MaterialiseOptions struct {
	Chunks   Chunks
	Seed     *Seed         // or nil
	Progress func(n int64) // told the number of bytes just written
}

// Materialise writes the content of m into dst, an empty file. Holes become
// holes of the file. When it returns nil the content has been verified against
// the manifest's SHA-256; it is not synced to disk.
//
// It returns a *chunkstore.MissingError for a chunk that is nowhere, a
// *chunkstore.CorruptError for one that is not what its name says, and a
// *DigestError when the chunks are right and the manifest is not.
func Materialise(ctx context.Context, m *chunkstore.Manifest, dst *os.File, o MaterialiseOptions) error {
	w := &writer{m: m, dst: dst, o: o}
	err := w.write(ctx)
	var wrong *DigestError
	if !errors.As(err, &wrong) {
		return err
	}
	// A chunk or the seed is not what it should be. Look at each chunk.
	w.checkEach = true
	if err := dst.Truncate(0); err != nil {
		return fmt.Errorf("truncate %s: %w", dst.Name(), err)
	}
	return w.write(ctx)
}

type writer struct {
	m         *chunkstore.Manifest
	dst       *os.File
	o         MaterialiseOptions
	checkEach bool
}

func (w *writer) write(ctx context.Context) error {
	if err := w.dst.Truncate(w.m.Size); err != nil {
		return err // names the file
	}
	sum := newDigest()
	consume := func(s span, data []byte) error {
		if s.Hole {
			return sum.writeZeroes(ctx, s.Length, w.o.Progress)
		}
		sum.write(data)
		if w.o.Progress != nil {
			w.o.Progress(s.Length)
		}
		return nil
	}
	if err := inOrder(ctx, spans(w.m), 2+runtime.GOMAXPROCS(0), w.fetch, consume); err != nil {
		return err
	}
	if got := sum.sha256(); got != w.m.SHA256 {
		return &DigestError{Want: w.m.SHA256, Got: got}
	}
	return nil
}

// fetch brings one chunk into the file, and returns it for the digest.
func (w *writer) fetch(ctx context.Context, s span, buf []byte) ([]byte, error) {
	if data, ok, err := w.fromSeed(s, buf); ok || err != nil {
		return data, err
	}
	data, err := readChunk(ctx, w.o.Chunks, s, buf, w.checkEach)
	if err != nil {
		return nil, err
	}
	return data, w.writeAt(data, s.offset)
}

// readChunk checks a chunk's length, and with verify its content.
func readChunk(ctx context.Context, chunks Chunks, s span, buf []byte, verify bool) ([]byte, error) {
	data, err := chunks.Read(ctx, s.ID, buf)
	if err != nil {
		return nil, err
	}
	if int64(len(data)) == s.Length && (!verify || chunkstore.BlobID(data) == s.ID) {
		return data, nil
	}
	if data, err = chunks.Get(ctx, s.ID); err != nil {
		return nil, err
	}
	if int64(len(data)) != s.Length {
		err := fmt.Errorf("it is %d bytes long, the manifest says %d", len(data), s.Length)
		return nil, &chunkstore.CorruptError{ID: s.ID, Where: "chunk store", Err: err}
	}
	return data, nil
}

func (w *writer) writeAt(data []byte, offset int64) error {
	if _, err := w.dst.WriteAt(data, offset); err != nil {
		return err // names the file
	}
	return nil
}

// fromSeed takes a chunk from the seed. A seed that cannot give it is no
// error: the chunk store has it.
func (w *writer) fromSeed(s span, buf []byte) (data []byte, ok bool, err error) {
	if w.o.Seed == nil {
		return nil, false, nil
	}
	from, ok := w.o.Seed.chunks[s.ID]
	if !ok {
		return nil, false, nil
	}
	buf = grow(buf, s.Length)
	if w.share(s, from) {
		// Verified is what lies in dst, not what lay in the seed.
		if _, err := w.dst.ReadAt(buf, s.offset); err == nil && w.good(s, buf) {
			return buf, true, nil
		}
	}
	if _, err := w.o.Seed.file.ReadAt(buf, from); err != nil || !w.good(s, buf) {
		return nil, false, nil
	}
	return buf, true, w.writeAt(buf, s.offset)
}

// good reports whether data is the chunk, if each chunk is to be looked at.
func (w *writer) good(s span, data []byte) bool {
	return !w.checkEach || chunkstore.BlobID(data) == s.ID
}

// blockAlign is what file systems that share extents want them aligned to.
const blockAlign = 4096

// share lets dst share the chunk's extents with the seed where the file system
// can and the alignment allows, and copies the edges. It tells whether dst has
// the chunk now.
func (w *writer) share(s span, from int64) bool {
	if (from-s.offset)%blockAlign != 0 {
		return false
	}
	head := -s.offset & (blockAlign - 1)
	whole := (s.Length - head) &^ (blockAlign - 1)
	if whole <= 0 {
		return false
	}
	seed, dst := int(w.o.Seed.file.Fd()), int(w.dst.Fd())
	err := unix.IoctlFileCloneRange(dst, &unix.FileCloneRange{
		Src_fd: int64(seed), Src_offset: uint64(from + head),
		Src_length: uint64(whole), Dest_offset: uint64(s.offset + head),
	})
	if err != nil {
		return false
	}
	tail := head + whole
	return w.copyRange(from, s.offset, head) && w.copyRange(from+tail, s.offset+tail, s.Length-tail)
}

// copyRange copies n bytes of the seed within the kernel.
func (w *writer) copyRange(from, to, n int64) bool {
	for n > 0 {
		k, err := unix.CopyFileRange(int(w.o.Seed.file.Fd()), &from, int(w.dst.Fd()), &to, int(n), 0)
		if err != nil || k == 0 {
			return false
		}
		n -= int64(k)
	}
	return true
}

func grow(buf []byte, n int64) []byte {
	if int64(cap(buf)) < n {
		return make([]byte, n)
	}
	return buf[:n]
}
