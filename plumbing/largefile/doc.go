// SPDX-License-Identifier: Apache-2.0

// Package largefile turns content into chunks with a manifest, and a manifest
// back into content. Both directions run as pipelines over all cores in
// bounded memory: a few blocks, whatever the size of the file.
//
// Invariants: equal content gives an equal manifest, however it is read (file
// or pipe, with or without holes, with or without a previous manifest), and
// content that was handed on whole has the manifest's SHA-256.
//
// It does not know where chunks are kept (a Sink takes them, a Chunks gives
// them) nor which paths are large files.
package largefile
