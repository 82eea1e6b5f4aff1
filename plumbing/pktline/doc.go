// SPDX-License-Identifier: Apache-2.0

// Package pktline frames bytes as git's pkt-line format does: each packet is
// four hexadecimal digits that count themselves and the payload, then the
// payload. The length 0000 is a flush packet, 0001 a delimiter packet.
//
// Invariant: a reader holds one packet in memory, whatever the other side
// sends, and never takes a broken stream for the end of one.
//
// It knows nothing of what packets mean, nor of the length 0002.
package pktline

import "errors"

const (
	headerLen = 4
	// MaxPayload is the longest payload of a packet, bytes.
	MaxPayload = 65516
	maxPacket  = headerLen + MaxPayload
)

var (
	// ErrTooLong says that a payload exceeds MaxPayload.
	ErrTooLong = errors.New("packet is too long")
	// ErrLength says that a packet does not begin with a valid length.
	ErrLength = errors.New("packet has no valid length")
	// ErrUnexpected says that a delimiter packet came where it may not.
	ErrUnexpected = errors.New("unexpected delimiter packet")
)

// Kind tells packets apart.
type Kind int

// The kinds of packets.
const (
	Data  Kind = iota // has a payload, perhaps an empty one
	Flush             // ends a list or a stream
	Delim             // separates parts of a message
)
