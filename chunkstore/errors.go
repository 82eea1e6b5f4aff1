// SPDX-License-Identifier: Apache-2.0

package chunkstore

import (
	"errors"
	"fmt"
)

// ErrVersion is matched by the error for a manifest whose version this
// program does not know. Such a manifest is not damaged: a newer program
// wrote it.
var ErrVersion = errors.New("unknown version")

// FormatError says where bytes break the rules of FORMAT.md.
type FormatError struct {
	What   string // "manifest", "object id" or "held tree <id>"
	Line   int    // the line in What, from 1; 0 where lines mean nothing
	Reason string
	Err    error // the sentinel this error also matches, or nil
}

// Error names the thing, the line if there is one, and what is wrong there.
func (e *FormatError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.What, e.Reason)
	}
	return fmt.Sprintf("%s: line %d: %s", e.What, e.Line, e.Reason)
}

// Unwrap returns Err.
func (e *FormatError) Unwrap() error { return e.Err }

// MissingError says that a store does not have an object. It is an answer,
// not a failure: whoever receives it may ask another store.
type MissingError struct{ ID ID }

// Error names the object.
func (e *MissingError) Error() string { return fmt.Sprintf("object %s is missing", e.ID) }

// CorruptError says that what is stored as ID is not what ID names.
type CorruptError struct {
	ID    ID
	Where string // the file or store, for the person who must repair it
	Err   error  // how it was noticed, or nil
}

// Error names the object, the place and the cause.
func (e *CorruptError) Error() string {
	s := fmt.Sprintf("object %s is corrupt", e.ID)
	if e.Where != "" {
		s += " in " + e.Where
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns Err.
func (e *CorruptError) Unwrap() error { return e.Err }

// Verify returns nil when data is the blob that id names, and otherwise a
// *CorruptError that names where.
func Verify(id ID, data []byte, where string) error {
	if got := BlobID(data); got != id {
		return &CorruptError{ID: id, Where: where, Err: fmt.Errorf("its content has the id %s", got)}
	}
	return nil
}
