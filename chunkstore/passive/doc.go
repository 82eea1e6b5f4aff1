// SPDX-License-Identifier: Apache-2.0

// Package passive is what all places that only keep bytes have in common: a
// disk on the shelf, a bucket. Such a place keeps a body for each chunk
// (Bodies) and a mark that tells it from others (Mark); Store makes a chunk
// store of it, with a Codec that says what a body looks like.
//
// Invariants: what a Store returns is what the id names, whatever the place
// does; a place whose mark says that it is sealed is never written in the
// clear, and one whose mark says that it is plain never sealed. The bytes are
// specified in FORMAT.md.
package passive
