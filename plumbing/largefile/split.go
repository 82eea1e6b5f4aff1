// SPDX-License-Identifier: Apache-2.0

package largefile

import (
	"context"
	"errors"
	"io"

	"github.com/git-devops/git-devops/chunkstore"
)

// A piece is one chunk or one hole on its way through the pipeline.
type piece struct {
	data  []byte // a chunk's content, inside block
	block *block
	hole  int64

	id      chunkstore.ID
	idKnown bool
	stored  storing
	done    chan struct{} // closed when id and stored are set
}

func (p *piece) length() int64 { return int64(len(p.data)) + p.hole }

// A splitter reads a source and emits its pieces in order. Content is divided
// first at its holes: the maximal runs of at least Params.Min zero bytes,
// whether the file system had a hole there or not. What lies between two holes
// is a segment, and each segment is cut into chunks by itself.
type splitter struct {
	src      Source
	min      int
	cutter   *chunkstore.Cutter
	expected *expected
	blocks   *blockPool
	least    int // bytes that a block has from now on
	full     int // bytes that are enough for content of any size
	emit     func(*piece) error

	hole int64 // length of the hole we are in; 0: in a segment
}

// run reads to the end of the source.
func (s *splitter) run(ctx context.Context) error {
	b, err := s.blocks.get(ctx)
	if err != nil {
		return err
	}
	defer func() { b.release() }()
	uncut := 0
	for {
		n, hole, err := s.src.Next(b.buf[uncut:])
		end := errors.Is(err, io.EOF)
		if err != nil && !end {
			return err
		}
		if uncut+n == len(b.buf) {
			s.least = s.full // there is more than was expected
		}
		rest, err := s.split(b, b.buf[:uncut+n], end, hole > 0)
		if err != nil {
			return err
		}
		s.hole += hole
		if end {
			return s.emitHole()
		}
		if b, err = s.nextBlock(ctx, b, rest); err != nil {
			return err
		}
		uncut = len(rest)
	}
}

// nextBlock gives a block that begins with rest, and gives up b.
func (s *splitter) nextBlock(ctx context.Context, b *block, rest []byte) (*block, error) {
	next, err := s.blocks.get(ctx)
	if err != nil {
		return b, err
	}
	if len(next.buf) < s.least {
		next.buf = make([]byte, s.least)
	}
	copy(next.buf, rest)
	b.release()
	return next, nil
}

// split emits the pieces of data and returns its tail that cannot be cut yet.
// Data begins at a cut, and is followed by the end, by a hole or by more data.
func (s *splitter) split(b *block, data []byte, end, hole bool) ([]byte, error) {
	for {
		if s.hole > 0 {
			n := leadingZeroes(data)
			s.hole += int64(n)
			if data = data[n:]; len(data) == 0 {
				return nil, nil
			}
			if err := s.emitHole(); err != nil {
				return nil, err
			}
		}
		from, to, ok := zeroRun(data, s.min)
		if !ok {
			break
		}
		if _, err := s.cut(b, data[:from], true); err != nil {
			return nil, err
		}
		s.hole = int64(to - from)
		data = data[to:]
	}
	if end {
		return s.cut(b, data, true)
	}
	// Zeroes at the end may be the beginning of a hole.
	zeroes := trailingZeroes(data)
	rest, err := s.cut(b, data[:len(data)-zeroes], hole)
	if hole {
		s.hole = int64(zeroes)
		return nil, err
	}
	return data[len(data)-zeroes-len(rest):], err
}

// cut emits the chunks of data, a part of a segment that begins at a cut, and
// returns what is left: with final, when the segment ends here, nothing.
func (s *splitter) cut(b *block, data []byte, final bool) ([]byte, error) {
	for len(data) > 0 {
		matched, err := s.takeExpected(b, data, final)
		if err != nil {
			return nil, err
		}
		if data = data[matched:]; len(data) == 0 {
			break
		}
		n := s.cutter.Next(data, final)
		if n == 0 {
			return data, nil
		}
		p := &piece{data: data[:n:n], block: b}
		s.expected.resume(p)
		if err := s.emitChunk(p); err != nil {
			return nil, err
		}
		data = data[n:]
	}
	return nil, nil
}

// takeExpected emits the chunks at the start of data that the previous
// manifest foretells, and returns their total length.
func (s *splitter) takeExpected(b *block, data []byte, final bool) (int, error) {
	total := 0
	for _, m := range s.expected.match(data, final) {
		p := &piece{data: data[total : total+m.length : total+m.length], block: b, id: m.id, idKnown: true}
		if err := s.emitChunk(p); err != nil {
			return 0, err
		}
		total += m.length
	}
	return total, nil
}

func (s *splitter) emitChunk(p *piece) error {
	p.done = make(chan struct{})
	return s.emit(p)
}

func (s *splitter) emitHole() error {
	if s.hole == 0 {
		return nil
	}
	p := &piece{hole: s.hole}
	s.hole = 0
	return s.emit(p)
}
