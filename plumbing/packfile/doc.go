// SPDX-License-Identifier: Apache-2.0

// Package packfile writes and reads git packs, version 2, with their version 2
// indexes, for SHA-1 repositories.
//
// An [Encoder] turns content into an encoded entry and may run on any number
// of goroutines; a [Writer] appends entries to a temporary pack in a spool
// directory and moves the finished pack with its index into place; an [Index]
// finds ids; a [Reader] reads entries back. Content that does not compress is
// kept in deflate's stored form and is not copied on the way in or out.
//
// Invariant: a pack appears under its final name only when it is complete and
// durable, and its index, without which git does not see it, appears last.
//
// The package makes no deltas and resolves none ([ErrDelta]), never decides
// which packs may go, and does not check that content matches its id: the
// caller does that, or relies on a digest over more than one blob.
package packfile
