// SPDX-License-Identifier: Apache-2.0

// Package wire is how one machine gets chunks from another: a protocol of
// pkt-lines over any pair of byte streams, its server and its client.
// PROTOCOL.md specifies it.
//
// Invariants: nothing changes the serving side but locks; nothing is served
// but what its held set names; neither side uses more memory than PROTOCOL.md's
// limits allow, whatever the other one sends; an end of either side soon ends
// the other.
//
// What a peer sends is checked to be an answer to what it was asked, but not
// against the id: package transfer does that. How a peer is reached is the
// business of package ssh.
package wire

import (
	"time"

	"github.com/git-devops/git-devops/plumbing/packfile"
)

// Version is the version of the protocol that this package speaks.
const Version = 1

// The limits of version 1; PROTOCOL.md explains them.
const (
	// MaxIDs is how many ids a command may have.
	MaxIDs = 32768
	// MaxEntry is the longest chunk as it is sent, bytes.
	MaxEntry = packfile.MaxEntry
	// MaxLock is the longest duration of a lock.
	MaxLock = time.Hour
	// MaxLocks is how many locks a session may have taken and not undone.
	MaxLocks = 256

	maxLine    = 1024    // bytes of a packet of text
	maxLines   = 32      // of an advertisement, a greeting, a command
	maxCommand = 1 << 20 // bytes of all payloads of a command
	maxToken   = 128     // bytes
	maxText    = 512     // bytes of an explanation
	idLen      = 20
	packetIDs  = 3275 // ids that fit in a packet
)

// IdleTimeout is how long a server waits for its client by default.
const IdleTimeout = 10 * time.Minute

// Timeout is how long a client waits for a byte of its server by default.
const Timeout = 30 * time.Second
