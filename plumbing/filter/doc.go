// SPDX-License-Identifier: Apache-2.0

// Package filter serves git's long-running filter process protocol, version 2
// (gitattributes(5), "Long Running Filter Process"): one process that cleans
// and smudges all the blobs of one git command.
//
// Invariant: git gets the whole result of a handler or the word that it
// failed, and nothing is sent before git has sent all it has to, for git does
// not read until then. Memory does not grow with the size of a blob.
//
// What becomes of the content is the handler's business.
package filter

import (
	"context"
	"errors"
	"io"
)

// ErrProtocol says that the other side does not speak the protocol.
var ErrProtocol = errors.New("not the git filter protocol, version 2")

// A Handler turns content into what git stores, and back. Its methods are
// called one at a time; in and out may be used by one goroutine at a time.
// Content that is written before in was read to its end is put aside, at
// first in memory, so a handler that reads first is served best. An error
// fails this path only; what was written is void then.
type Handler interface {
	// Clean reads a file of the work tree and writes what git shall store.
	Clean(ctx context.Context, path string, in io.Reader, out io.Writer) error
	// Smudge reads what git stores and writes the file of the work tree.
	Smudge(ctx context.Context, path string, in io.Reader, out io.Writer) error
}

// A Prefetcher is a Handler that gains from knowing all delayed blobs before
// it has to smudge the first. Prefetch is called with those that were delayed
// since the last call. What it cannot get, Smudge will report.
type Prefetcher interface {
	Handler
	Prefetch(ctx context.Context, blobs []Blob)
}

// A Blob is what git stores for a path.
type Blob struct {
	Path    string
	Content []byte
}

// Options change how Serve works.
type Options struct {
	// Delay offers git to put small blobs aside until it has named all it
	// wants. Git shows its own progress while it gets them then. But git
	// forgets what it stores for them: unless filter.<driver>.required is
	// set, it leaves an empty file where a delayed blob fails, and not, as
	// otherwise, what it stores. A handler that wants that writes it itself.
	Delay bool
	// SpoolDir is where output waits in a nameless file that does not fit in
	// memory and must not be sent yet; "" is the system's directory for that.
	SpoolDir string
	// OnError, unless nil, is told why a path failed: git learns only that
	// it did.
	OnError func(path string, err error)
}
