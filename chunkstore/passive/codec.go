// SPDX-License-Identifier: Apache-2.0

package passive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"

	"github.com/klauspost/compress/zlib"
)

// A Codec turns content into a body and back. Its methods may be called
// concurrently.
type Codec interface {
	// Sealed says which stores the codec is for.
	Sealed() bool
	// Encode returns the body for content.
	Encode(content []byte) ([]byte, error)
	// Decode returns the content of a body. Whether it is the right one is
	// for the caller to find out. An error that matches ErrKey is about
	// keys; any other says that the body is damaged.
	Decode(body []byte) ([]byte, error)
}

// ErrKey says that there is no key to open, or none to seal, a body with.
var ErrKey = errors.New("no key")

const (
	// level is the deflate level; see package packfile.
	level = 2
	// sampleFrom is the content size from which a sample decides whether
	// compressing is tried at all.
	sampleFrom  = samples * samplePiece
	samplePiece = 4 << 10
	samples     = 4
	// maxContent is the length of the longest chunk, bytes.
	maxContent = 64 << 20
)

// Plain is the codec of git's loose objects.
type Plain struct{}

// Sealed implements Codec.
func (Plain) Sealed() bool { return false }

var (
	deflaters = sync.Pool{New: func() any { return newWriter(level) }}
	storers   = sync.Pool{New: func() any { return newWriter(zlib.NoCompression) }}
)

func newWriter(level int) *zlib.Writer {
	w, err := zlib.NewWriterLevel(nil, level)
	if err != nil {
		panic("internal error: " + err.Error())
	}
	return w
}

// Encode implements Codec.
func (Plain) Encode(content []byte) ([]byte, error) {
	if len(content) > maxContent {
		return nil, fmt.Errorf("a chunk of %d bytes is too long", len(content))
	}
	pool, room := &storers, len(content)+len(content)/4096+64
	if pays(content) {
		pool, room = &deflaters, len(content)/2+64
	}
	w := pool.Get().(*zlib.Writer)
	defer pool.Put(w)
	out := bytes.NewBuffer(make([]byte, 0, room))
	w.Reset(out)
	head := strconv.AppendInt([]byte("blob "), int64(len(content)), 10)
	for _, part := range [][]byte{append(head, 0), content} {
		if _, err := w.Write(part); err != nil {
			return nil, fmt.Errorf("compress a chunk: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress a chunk: %w", err)
	}
	return out.Bytes(), nil
}

// pays guesses from pieces spread over content whether deflating it makes it
// at least a tenth smaller.
func pays(content []byte) bool {
	if len(content) < sampleFrom {
		return true
	}
	var n counter
	w := deflaters.Get().(*zlib.Writer)
	defer deflaters.Put(w)
	w.Reset(&n)
	step := (len(content) - samplePiece) / (samples - 1)
	for i := range samples {
		w.Write(content[i*step : i*step+samplePiece]) // a counter cannot fail
	}
	w.Close()
	return n < samples*samplePiece*9/10
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// Decode implements Codec.
func (Plain) Decode(body []byte) ([]byte, error) {
	in := bytes.NewReader(body)
	z, err := zlib.NewReader(in)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	size, err := readHeader(z)
	if err != nil {
		return nil, err
	}
	// Bounded by what the body can hold: deflate makes at most 1032 of one.
	if size > 1032*int64(len(body)) {
		return nil, fmt.Errorf("%d bytes announced, which %d cannot hold", size, len(body))
	}
	content := make([]byte, size)
	if _, err := io.ReadFull(z, content); err != nil {
		return nil, fmt.Errorf("read %d bytes of content: %w", size, noEOF(err))
	}
	var more [1]byte
	switch n, err := io.ReadFull(z, more[:]); {
	case n > 0:
		return nil, fmt.Errorf("more than the %d bytes announced", size)
	case err != io.EOF:
		return nil, noEOF(err)
	case in.Len() > 0:
		return nil, fmt.Errorf("%d bytes follow the content", in.Len())
	}
	return content, nil
}

// readHeader reads "blob <length> NUL".
func readHeader(z io.Reader) (int64, error) {
	var head [len("blob ") + 9]byte
	for i := range head {
		if _, err := io.ReadFull(z, head[i:i+1]); err != nil {
			return 0, noEOF(err)
		}
		if head[i] != 0 {
			continue
		}
		digits, ok := bytes.CutPrefix(head[:i], []byte("blob "))
		size, err := strconv.ParseInt(string(digits), 10, 64)
		if !ok || err != nil || strconv.FormatInt(size, 10) != string(digits) || size < 0 || size > maxContent {
			break
		}
		return size, nil
	}
	return 0, errors.New("it is not a blob of at most 64 MiB")
}

// noEOF makes an end in the middle an error that says so.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
