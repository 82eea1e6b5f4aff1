// SPDX-License-Identifier: Apache-2.0

// Package chunkstore holds what is known about the bytes of large files: how
// content is cut into chunks (Cutter), the manifest that lists the chunks of
// one file (Manifest), the set of chunks that a repository holds (Held), and
// what a place that keeps chunks must do (Store).
//
// Its invariant: every value has one encoding. What a parser accepts encodes
// again to the same bytes, equal content under equal Params has equal cuts,
// and equal sets of chunks have equal held trees, on every machine. The bytes
// are specified in FORMAT.md.
//
// The package does no input or output: it reads no file, no repository and no
// environment, and leaves objects to the interfaces it defines.
package chunkstore
