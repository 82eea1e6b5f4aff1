// SPDX-License-Identifier: Apache-2.0

package largefile

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
)

// A Sink takes the chunks of a capture. Its methods are called from several
// goroutines.
type Sink interface {
	// Has tells whether the chunk need not be handed over.
	Has(id chunkstore.ID) (bool, error)
	// Append takes an encoded chunk. It keeps nothing of it after it returns.
	Append(o packfile.Object) error
}

// CaptureOptions say how content is captured.
type CaptureOptions struct {
	Params chunkstore.Params
	// Previous is an earlier version's manifest, or nil. It changes the time
	// a capture takes, never its result.
	Previous *chunkstore.Manifest
	// SizeHint is the expected size in bytes, 0 if unknown. Small content
	// gets small buffers.
	SizeHint int64
	// Progress is told the number of bytes that were just captured.
	Progress func(n int64)
}

const (
	blockCount  = 3
	zeroBufSize = 64 << 10
)

// Weight is the memory in bytes that a capture of size bytes will take.
func Weight(p chunkstore.Params, size int64) int64 {
	return blockCount * int64(blockSize(p, size))
}

// blockSize leaves room for the longest chunk, the longest run of zeroes that
// is not yet a hole, and as much again to read.
func blockSize(p chunkstore.Params, size int64) int {
	full := 2*p.Max + p.Min
	if size > 0 && size < int64(full) {
		return int(size) + 1
	}
	return full
}

// Capture reads src to its end and returns its manifest. Every chunk the sink
// has not is handed to it before Capture returns, in order.
//
// It returns the source's and the sink's errors as they are, and ctx's when it
// is cancelled.
func Capture(ctx context.Context, src Source, sink Sink, o CaptureOptions) (*chunkstore.Manifest, error) {
	cutter, err := chunkstore.NewCutter(o.Params)
	if err != nil {
		return nil, err
	}
	group, ctx := errgroup.WithContext(ctx)
	c := &capture{
		ctx: ctx, sink: sink, o: o,
		store:  make(chan *piece, 64),
		digest: make(chan *piece, 64),
		order:  make(chan *piece, 64),
		sum:    newDigest(),
	}
	s := &splitter{
		src: src, min: o.Params.Min, cutter: cutter,
		expected: expect(o.Previous, o.Params),
		blocks:   newBlockPool(blockCount, blockSize(o.Params, o.SizeHint)),
		full:     blockSize(o.Params, 0),
		emit:     c.emit,
	}
	group.Go(func() error {
		defer c.close()
		return s.run(ctx)
	})
	for range runtime.GOMAXPROCS(0) {
		group.Go(c.storeAll)
	}
	group.Go(c.digestAll)
	group.Go(c.collectAll)
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return c.manifest(), nil
}

// A capture is the pipeline behind a splitter: the whole-content digest goes
// over each piece, one of several workers encodes it, and it is then collected
// in order.
type capture struct {
	ctx  context.Context
	sink Sink
	o    CaptureOptions

	store, digest, order chan *piece

	sum    *digest
	size   int64
	pieces []chunkstore.Piece
}

// storing is what a worker found out about a chunk.
type storing struct {
	object packfile.Object
	fresh  bool // the sink needs it
}

func (c *capture) emit(p *piece) error {
	if p.block != nil {
		p.block.retain() // for the digest
		p.block.retain() // for the collector
	}
	if err := c.send(c.digest, p); err != nil {
		return err
	}
	return c.send(c.order, p)
}

func (c *capture) send(stage chan<- *piece, p *piece) error {
	select {
	case stage <- p:
		return nil
	case <-c.ctx.Done():
		return c.ctx.Err()
	}
}

func (c *capture) close() {
	close(c.digest)
	close(c.order)
}

func (c *capture) storeAll() error {
	encoder := packfile.NewEncoder()
	for p := range c.store {
		if err := c.storeOne(encoder, p); err != nil {
			return err
		}
		close(p.done)
	}
	return nil
}

func (c *capture) storeOne(encoder *packfile.Encoder, p *piece) error {
	has, err := c.sink.Has(p.id)
	if err != nil || has {
		return err
	}
	p.stored = storing{object: encoder.Encode(packfile.Blob, p.id, p.data), fresh: true}
	return nil
}

func (c *capture) digestAll() error {
	defer close(c.store)
	for p := range c.digest {
		if err := c.digestOne(p); err != nil {
			return err
		}
	}
	return nil
}

func (c *capture) digestOne(p *piece) error {
	if p.block == nil {
		return c.sum.writeZeroes(c.ctx, p.hole, c.o.Progress)
	}
	if p.idKnown {
		c.sum.write(p.data)
	} else {
		p.id = c.sum.writeChunk(p.data)
	}
	p.block.release()
	return c.send(c.store, p)
}

func (c *capture) collectAll() error {
	for p := range c.order {
		if err := c.collect(p); err != nil {
			return err
		}
		if c.o.Progress != nil && p.block != nil {
			c.o.Progress(p.length()) // a hole's is told by digestAll
		}
	}
	return nil
}

func (c *capture) collect(p *piece) error {
	c.size += p.length()
	if p.block == nil {
		c.pieces = append(c.pieces, chunkstore.Piece{Length: p.hole, Hole: true})
		return nil
	}
	select {
	case <-p.done:
	case <-c.ctx.Done():
		return c.ctx.Err()
	}
	c.pieces = append(c.pieces, chunkstore.Piece{ID: p.id, Length: int64(len(p.data))})
	if p.stored.fresh {
		if err := c.sink.Append(p.stored.object); err != nil {
			return err
		}
		p.stored.object.Release()
	}
	p.block.release()
	return nil
}

func (c *capture) manifest() *chunkstore.Manifest {
	return &chunkstore.Manifest{SHA256: c.sum.sha256(), Size: c.size, Params: c.o.Params, Pieces: c.pieces}
}

// Describe returns the manifest that a file holds, or else that of its
// content. It stores nothing.
func Describe(ctx context.Context, f *os.File, params chunkstore.Params, previous *chunkstore.Manifest) (*chunkstore.Manifest, error) {
	src, err := NewFile(f, params.Min)
	if err != nil {
		return nil, err
	}
	if m, _, ok := ReadManifest(f, src.Size()); ok && m != nil {
		return m, nil
	}
	return Capture(ctx, src, nowhere{}, CaptureOptions{Params: params, Previous: previous, SizeHint: src.Size()})
}

// DescribeContent returns the manifest of a file's content, which may look like
// a manifest itself. It stores nothing.
func DescribeContent(ctx context.Context, f *os.File, o CaptureOptions) (*chunkstore.Manifest, error) {
	src, err := NewFile(f, o.Params.Min)
	if err != nil {
		return nil, err
	}
	o.SizeHint = src.Size()
	return Capture(ctx, src, nowhere{}, o)
}

// DescribeStream returns the manifest of what r gives. It stores nothing.
func DescribeStream(ctx context.Context, r io.Reader, o CaptureOptions) (*chunkstore.Manifest, error) {
	return Capture(ctx, Stream(r), nowhere{}, o)
}

// ReadManifest returns the manifest that a file of size bytes holds, with its
// text, as does one that was left in place of content that was absent. One of
// a later version counts, too, so that nobody takes it for content; then m is
// nil.
func ReadManifest(f io.ReaderAt, size int64) (m *chunkstore.Manifest, text []byte, ok bool) {
	head := make([]byte, min(size, 64))
	if _, err := f.ReadAt(head, 0); err != nil || !chunkstore.IsManifest(head) || size > chunkstore.MaxManifest {
		return nil, nil, false
	}
	text = make([]byte, size)
	if _, err := f.ReadAt(text, 0); err != nil {
		return nil, nil, false
	}
	m, err := chunkstore.ParseManifest(text)
	return m, text, err == nil || errors.Is(err, chunkstore.ErrVersion)
}

// nowhere is a sink that wants nothing.
type nowhere struct{}

func (nowhere) Has(chunkstore.ID) (bool, error) { return true, nil }

func (nowhere) Append(packfile.Object) error { return nil }
