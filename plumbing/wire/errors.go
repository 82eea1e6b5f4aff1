// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"errors"
	"fmt"
	"strings"

	"github.com/git-devops/git-devops/plumbing/transfer"
)

var (
	// ErrStalled says that the other side sent nothing for too long.
	ErrStalled = transfer.ErrStalled
	// ErrIdle says that a server's client did nothing for too long.
	ErrIdle = errors.New("the client did nothing for too long")
	// ErrClosed says that a client or a stream was closed here.
	ErrClosed = errors.New("connection is closed")
	// ErrNoLocks says that a peer grants no locks, because it is read-only.
	ErrNoLocks = errors.New("it grants no locks")
)

// A VersionError says that the two sides have no version of the protocol in
// common.
type VersionError struct {
	Peer   string
	Ours   int
	Theirs []int // ascending
}

// Error names both versions and which side is the older one.
func (e *VersionError) Error() string {
	theirs := strings.Trim(strings.ReplaceAll(fmt.Sprint(e.Theirs), " ", ", "), "[]")
	older := e.Peer
	if len(e.Theirs) > 0 && e.Theirs[0] > e.Ours {
		older = "this machine"
	}
	return fmt.Sprintf("%s speaks version %s of the protocol, and we version %d: update git-devops on %s",
		e.Peer, theirs, e.Ours, older)
}

// A ProtocolError says that the other side broke the rules of PROTOCOL.md.
type ProtocolError struct {
	Peer   string
	Reason string
}

// Error names the peer and what was wrong.
func (e *ProtocolError) Error() string {
	return fmt.Sprintf("%s breaks the protocol: %s", e.Peer, e.Reason)
}

// The codes of a RemoteError.
const (
	CodeSyntax  = "syntax"  // what was sent breaks the rules
	CodeLimit   = "limit"   // more than a limit allows
	CodeVersion = "version" // not a version the server speaks
	CodeUnknown = "unknown" // no such command
	CodeRefused = "refused" // not allowed here
	CodeBusy    = "busy"    // try again later
	CodeFailed  = "failed"  // the server could not do it
)

// A RemoteError is what a server answered instead of doing what it was asked.
type RemoteError struct {
	Peer  string // "" on the server
	Code  string
	Text  string
	Fatal bool // the server has ended the session
}

// Error gives the server's words.
func (e *RemoteError) Error() string {
	if e.Peer == "" {
		return e.Text
	}
	return fmt.Sprintf("%s: %s", e.Peer, e.Text)
}

// Busy reports that the same request may succeed later.
func (e *RemoteError) Busy() bool { return e.Code == CodeBusy }

// printable makes text from elsewhere fit for a line of a terminal.
func printable(text string) string {
	if len(text) > maxText {
		text = text[:maxText]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\ufffd' {
			return '?'
		}
		return r
	}, text)
}
