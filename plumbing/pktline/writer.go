// SPDX-License-Identifier: Apache-2.0

package pktline

import (
	"bufio"
	"io"
)

// A Writer writes packets. It buffers; nothing is sure to leave before Flush.
type Writer struct {
	dst *bufio.Writer
}

// NewWriter returns a writer of packets to w.
func NewWriter(w io.Writer) *Writer {
	return &Writer{dst: bufio.NewWriterSize(w, maxPacket)}
}

// WritePacket writes a packet with this payload. A payload above MaxPayload is
// refused with ErrTooLong, and nothing is written.
func (w *Writer) WritePacket(payload []byte) error {
	if len(payload) > MaxPayload {
		return ErrTooLong
	}
	if err := w.header(headerLen + len(payload)); err != nil {
		return err
	}
	_, err := w.dst.Write(payload)
	return err
}

// WriteText writes a packet with a line of text, to which it adds the newline
// that git ends such packets with.
func (w *Writer) WriteText(line string) error {
	return w.WritePacket(append([]byte(line), '\n'))
}

// WriteFlush writes a flush packet. It does not flush the buffer.
func (w *Writer) WriteFlush() error { return w.header(0) }

// WriteDelim writes a delimiter packet.
func (w *Writer) WriteDelim() error { return w.header(1) }

func (w *Writer) header(n int) error {
	const digits = "0123456789abcdef"
	_, err := w.dst.Write([]byte{digits[n>>12], digits[n>>8&15], digits[n>>4&15], digits[n&15]})
	return err
}

// Flush sends what is buffered.
func (w *Writer) Flush() error { return w.dst.Flush() }

// Write implements io.Writer: it splits p into packets. No packet is written
// for an empty p.
func (w *Writer) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		n := min(len(p), MaxPayload)
		if err := w.WritePacket(p[:n]); err != nil {
			return written, err
		}
		p, written = p[n:], written+n
	}
	return written, nil
}
