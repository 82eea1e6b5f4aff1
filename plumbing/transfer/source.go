// SPDX-License-Identifier: Apache-2.0

// Package transfer gets chunks from several sources at once, each chunk from
// one that has it and is free.
//
// Invariant: nothing reaches the sink but chunks that were asked for, each
// once, whose content has been verified against its id here. What a source
// sends, claims or fails to do costs a retry elsewhere, never the run.
//
// It does not know how a source is reached (packages wire, stockgit and the
// stores do), nor which files the chunks belong to.
package transfer

import (
	"context"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
)

// A Source is a place that chunks can be got from. Its methods may be called
// from several goroutines, and return soon after ctx is done.
//
// A source may have one more method, Static() bool: true says that what it has
// does not grow while a run lasts, so that it need not be asked Have again.
//
// Package sourcetest checks what is promised here, and for a Stream.
type Source interface {
	// Name names the source to a person.
	Name() string
	// Have reports for each of ids whether the source has it. There may be
	// tens of thousands.
	Have(ctx context.Context, ids []chunkstore.ID) ([]bool, error)
	// Open begins a stream of requests. Several may be open at a time. The
	// stream lives until Close, not until ctx is done.
	Open(ctx context.Context) (Stream, error)
	// Streams is how many streams at once are useful, at least 1.
	Streams() int
}

// A Stream is asked from one goroutine and read from another.
//
// A stream may have one more method, Received() int64: how many bytes have
// arrived so far, parts of chunks included. It is called from any goroutine
// and tells a slow stream from a silent one.
//
// It may also have Limit(n int64), which is called before Next: the next answer
// may have n bytes of content, 0 when that is not known. A longer one is a
// *chunkstore.CorruptError, and takes no memory.
type Stream interface {
	// Ask requests chunks; answers come in the order of asking. It does not
	// wait for them, but may wait until there is room to send the request,
	// which is on its way when Ask returns. ids is not kept.
	Ask(ids ...chunkstore.ID) error
	// Next waits for the next answer. It is called once for each id asked.
	// With a *chunkstore.MissingError the source has not got that chunk,
	// with a *chunkstore.CorruptError only a damaged one: the stream goes
	// on, and the error's ID is the answer's. Any other error ends the
	// stream. With an error there is nothing to release.
	Next() (Chunk, error)
	// Close ends the stream at once, also beside an Ask or a Next that
	// waits: that and later ones return an error. It leaves no goroutine
	// behind.
	// It is called once. Chunks that Next has returned remain good.
	Close() error
}

// A Chunk is an answer. The source has not checked that Content is what ID
// names: this package does.
type Chunk struct {
	ID      chunkstore.ID
	Content []byte
	// Object is the entry that Content was decoded from or encoded into:
	// when Content is right, so is Object. With a zero Object, Content is
	// encoded here, once it has been verified.
	Object packfile.Object
	// Release, unless nil, gives back the buffers of Content and Object
	// (Object.Release is its business). It is called once, from any
	// goroutine, by whoever received the chunk; both are good until then.
	Release func()
}
