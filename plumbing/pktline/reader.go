// SPDX-License-Identifier: Apache-2.0

package pktline

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// A Reader reads packets.
type Reader struct {
	src  *bufio.Reader
	used int // bytes of the last packet that are still in src
}

// NewReader returns a reader of the packets in r. It reads ahead.
func NewReader(r io.Reader) *Reader {
	return &Reader{src: bufio.NewReaderSize(r, 2*maxPacket)}
}

// Next returns the next packet. The payload, nil unless the kind is Data, is
// valid until the next call of any method. Errors: io.EOF where no packet
// begins, io.ErrUnexpectedEOF inside of one, ErrLength.
func (r *Reader) Next() (payload []byte, kind Kind, err error) {
	n, kind, err := r.header()
	if err != nil || kind != Data {
		return nil, kind, err
	}
	payload, err = r.src.Peek(n)
	if err != nil {
		return nil, Data, inside(err)
	}
	r.used = n
	return payload, Data, nil
}

// header reads a packet's header and returns the length of its payload.
func (r *Reader) header() (n int, kind Kind, err error) {
	r.src.Discard(r.used)
	r.used = 0
	head, err := r.src.Peek(headerLen)
	if err != nil {
		if len(head) > 0 {
			err = inside(err)
		}
		return 0, Data, err
	}
	n, ok := parseLength(head)
	if !ok || n > maxPacket || n > 1 && n < headerLen {
		return 0, Data, fmt.Errorf("%w: %q", ErrLength, head)
	}
	r.src.Discard(headerLen)
	switch n {
	case 0:
		return 0, Flush, nil
	case 1:
		return 0, Delim, nil
	}
	return n - headerLen, Data, nil
}

// parseLength reads hexadecimal digits of either case, as git does.
func parseLength(head []byte) (n int, ok bool) {
	for _, c := range head {
		switch {
		case '0' <= c && c <= '9':
			n = n<<4 | int(c-'0')
		case 'a' <= c && c <= 'f':
			n = n<<4 | int(c-'a'+10)
		case 'A' <= c && c <= 'F':
			n = n<<4 | int(c-'A'+10)
		default:
			return 0, false
		}
	}
	return n, true
}

// inside makes an end of file within a packet the error that it is.
func inside(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Content returns a reader of the payloads up to the next flush packet, which
// it takes out of the stream and reports as io.EOF. Nothing else may read from
// r until then. The end of the stream before is io.ErrUnexpectedEOF, a
// delimiter packet ErrUnexpected.
func (r *Reader) Content() *Content { return &Content{r: r} }

// Content is a stream of bytes in packets, ended by a flush packet.
type Content struct {
	r    *Reader
	left int // bytes of the current packet
	err  error
}

// Read implements io.Reader.
func (c *Content) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for c.left == 0 && c.err == nil {
		c.next()
	}
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.r.src.Read(p[:min(len(p), c.left)])
	c.left -= n
	if err != nil {
		c.err = inside(err)
	}
	return n, c.err
}

func (c *Content) next() {
	n, kind, err := c.r.header()
	switch {
	case err != nil:
		c.err = inside(err)
	case kind == Flush:
		c.err = io.EOF
	case kind == Delim:
		c.err = ErrUnexpected
	default:
		c.left = n
	}
}

// Ended reports whether Read has come to the flush packet.
func (c *Content) Ended() bool { return c.err == io.EOF }

// Drain reads up to the flush packet and drops what it reads.
func (c *Content) Drain() error {
	_, err := io.Copy(io.Discard, c)
	return err
}
