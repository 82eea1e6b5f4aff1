// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"errors"
	"fmt"

	"github.com/git-devops/git-devops/chunkstore"
)

// A Result says what came from where.
type Result struct {
	Sources []SourceResult // in the order of the sources
	Chunks  int
	Bytes   int64 // of content
	Present int   // chunks that the sink had before
	// Missing are the chunks that no source could give, in the order they
	// were wanted.
	Missing []chunkstore.ID
	// Mismatched are chunks that are there, but do not have the length they
	// were wanted with: whoever named them is wrong. They were not stored.
	Mismatched []*LengthError
	// Duplicates are answers that came after another source's.
	Duplicates     int
	DuplicateBytes int64
}

// A SourceResult is what one source did.
type SourceResult struct {
	Name   string
	Chunks int
	Bytes  int64 // of content
	// Err is why the source was put aside, or else what was wrong with a
	// chunk of it; nil for a good source.
	Err error
	// Recovered says that the source was tried again after Err and did well,
	// and that Err was not about what it has or sends.
	Recovered bool
}

var (
	// ErrStalled says that a source was silent for too long.
	ErrStalled = errors.New("no answer")
	// ErrUnasked says that a source sent a chunk that was not asked for, or
	// not then.
	ErrUnasked = errors.New("sent a chunk that was not asked for")
)

// A LengthError says that a chunk was wanted with a length it does not have.
type LengthError struct {
	ID           chunkstore.ID
	Want, Length int64 // bytes
}

// Error names the chunk and both lengths.
func (e *LengthError) Error() string {
	return fmt.Sprintf("chunk %s has %d bytes, not %d", e.ID, e.Length, e.Want)
}
