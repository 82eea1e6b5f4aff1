// SPDX-License-Identifier: Apache-2.0

package passive

import (
	"context"

	"github.com/git-devops/git-devops/chunkstore"
)

// MaxBody is the length of the longest body that is read, bytes: that of the
// longest chunk, with what deflate, age and their headers add.
const MaxBody = 64<<20 + 64<<10

// Bodies is a place that keeps a body for each chunk. It neither knows nor
// checks what a body is. All methods may be called concurrently, honour ctx,
// and return an *OfflineError when the place is not, or no longer, there.
type Bodies interface {
	// Name says where the place is, for people: "dir:/mnt/disk".
	Name() string
	// Mark is what the place was opened with.
	Mark() Mark
	// Read returns the body of id, the caller's, or a
	// *chunkstore.MissingError. One that is longer than MaxBody is a
	// *chunkstore.CorruptError.
	Read(ctx context.Context, id chunkstore.ID) ([]byte, error)
	// Have reports for each of ids whether there is a body.
	Have(ctx context.Context, ids []chunkstore.ID) ([]bool, error)
	// Write makes body that of id, in one step, durable when it returns. No
	// room is a *FullError.
	Write(ctx context.Context, id chunkstore.ID, body []byte) error
	// Delete removes the body of id, durable when it returns. One that is
	// not there is no error.
	Delete(ctx context.Context, id chunkstore.ID) error
	// Each calls fn once for each body there is, in no order, and stops at
	// its error. Bodies written or deleted meanwhile may be among them.
	Each(ctx context.Context, fn func(chunkstore.ID) error) error
	// Begin begins to write many bodies, which costs less than one by one.
	Begin(ctx context.Context) (BodyBatch, error)
}

// A BodyBatch is bodies that become durable together. Write may be called
// concurrently. It is ended by Commit or Abort; after either, Abort does
// nothing.
type BodyBatch interface {
	// Write takes a body in; whether it has its name is open until Commit.
	Write(ctx context.Context, id chunkstore.ID, body []byte) error
	// Commit makes what was written durable, each under its name. After an
	// error some may be there, whole.
	Commit(ctx context.Context) error
	// Abort forgets what was written and has no name yet.
	Abort()
}

// OneByOne is the batch of a place where writing many is no cheaper.
func OneByOne(b Bodies) BodyBatch { return oneByOne{b} }

type oneByOne struct{ Bodies }

func (oneByOne) Commit(context.Context) error { return nil }
func (oneByOne) Abort()                       {}
