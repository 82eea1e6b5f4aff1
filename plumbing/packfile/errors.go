// SPDX-License-Identifier: Apache-2.0

package packfile

import (
	"errors"
	"fmt"
)

var (
	// ErrDelta says that an entry is a delta against another object, which
	// this package does not resolve.
	ErrDelta = errors.New("entry is a delta")
	// ErrNotBlob says that an entry holds a commit, a tree or a tag.
	ErrNotBlob = errors.New("entry is not a blob")
	// ErrEmpty says that a writer was finished without any object.
	ErrEmpty = errors.New("pack has no objects")
	// ErrClosed says that a writer was used after Finish or Abort.
	ErrClosed = errors.New("pack writer is closed")
)

// A FormatError says that a pack or an index is not what it must be. It is
// returned for every kind of damage, and never for a failed system call.
type FormatError struct {
	Path   string // file, "" while unknown
	Offset int64  // of the entry or field in the file, bytes; -1 for the whole
	Reason string
}

func (e *FormatError) Error() string {
	if e.Offset < 0 {
		return fmt.Sprintf("%s: %s", e.Path, e.Reason)
	}
	return fmt.Sprintf("%s: offset %d: %s", e.Path, e.Offset, e.Reason)
}
