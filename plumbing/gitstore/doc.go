// SPDX-License-Identifier: Apache-2.0

// Package gitstore keeps chunks in an ordinary git repository: in packs of
// their own below objects/pack, named by the tree at refs/devops/held.
//
// Invariants: a chunk is in the held set only when it is durable in a pack;
// a pack that the held set or the index does not name yet carries a .keep
// file, so that no git gc takes it away, and the .keep file names a writer
// whose kernel lock tells whether it lives. FORMAT.md specifies both.
//
// It does not know files: package largefile makes and uses the chunks.
package gitstore
