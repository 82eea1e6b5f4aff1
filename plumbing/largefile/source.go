// SPDX-License-Identifier: Apache-2.0

package largefile

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// ErrChanged says that a file was written to while it was read.
var ErrChanged = errors.New("changed while it was read")

// A Source gives content in order, as data and as holes.
type Source interface {
	// Next fills p with the next bytes of data and returns how many, or
	// returns the length of the hole that begins here (then n is 0). It
	// returns io.EOF after the last byte, with n and hole 0.
	Next(p []byte) (n int, hole int64, err error)
}

// Stream is a Source without holes.
func Stream(r io.Reader) Source { return stream{r} }

type stream struct{ r io.Reader }

func (s stream) Next(p []byte) (int, int64, error) {
	n, err := io.ReadFull(s.r, p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return n, 0, err
}

// A File is the Source of a regular file: its holes are not read.
type File struct {
	f       *os.File
	minHole int64
	before  unix.Stat_t
	off     int64
	dataEnd int64 // everything from off up to here is read as data
}

// NewFile gives the content of f, which must be a regular file open for
// reading. Holes shorter than minHole bytes are given as zeroes.
func NewFile(f *os.File, minHole int) (*File, error) {
	s := &File{f: f, minHole: int64(minHole)}
	if err := unix.Fstat(int(f.Fd()), &s.before); err != nil {
		return nil, fmt.Errorf("stat %s: %w", f.Name(), err)
	}
	if s.before.Blocks*512 >= s.before.Size {
		s.dataEnd = s.before.Size
	}
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_SEQUENTIAL) // advice only
	return s, nil
}

// Size is the file's size in bytes when NewFile was called.
func (s *File) Size() int64 { return s.before.Size }

// Next implements Source. It returns ErrChanged when the file grew or shrank.
func (s *File) Next(p []byte) (int, int64, error) {
	if s.off == s.before.Size {
		return 0, 0, s.atEnd()
	}
	if s.off >= s.dataEnd {
		if hole, err := s.skipHole(); hole > 0 || err != nil {
			return 0, hole, err
		}
	}
	p = p[:min(int64(len(p)), s.dataEnd-s.off)]
	n, err := s.f.ReadAt(p, s.off)
	s.off += int64(n)
	if errors.Is(err, io.EOF) && n < len(p) {
		return n, 0, fmt.Errorf("%s: %w", s.f.Name(), ErrChanged)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, 0, err
}

// skipHole looks at what begins at off. It returns the length of a hole that
// is worth one and moves behind it; otherwise it moves dataEnd.
func (s *File) skipHole() (int64, error) {
	data, err := unix.Seek(int(s.f.Fd()), s.off, unix.SEEK_DATA)
	switch {
	case errors.Is(err, unix.ENXIO):
		data = s.before.Size
	case err != nil: // the file system cannot tell
		s.dataEnd = s.before.Size
		return 0, nil
	}
	data = min(data, s.before.Size)
	if hole := data - s.off; hole >= s.minHole {
		s.off, s.dataEnd = data, data
		return hole, nil
	}
	end, err := unix.Seek(int(s.f.Fd()), data, unix.SEEK_HOLE)
	if err != nil {
		end = s.before.Size
	}
	s.dataEnd = min(end, s.before.Size)
	if s.dataEnd <= s.off {
		s.dataEnd = s.before.Size
	}
	return 0, nil
}

// atEnd is io.EOF when the file is as it was at the start.
func (s *File) atEnd() error {
	var now unix.Stat_t
	if err := unix.Fstat(int(s.f.Fd()), &now); err != nil {
		return fmt.Errorf("stat %s: %w", s.f.Name(), err)
	}
	if now.Size != s.before.Size || now.Mtim != s.before.Mtim || now.Ctim != s.before.Ctim {
		return fmt.Errorf("%s: %w", s.f.Name(), ErrChanged)
	}
	return io.EOF
}
