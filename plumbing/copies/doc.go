// SPDX-License-Identifier: Apache-2.0

// Package copies lets a repository give up chunks without ever giving up the
// last copy. A repository that is about to drop chunks announces it with an
// intent, and then asks others for promises: a keeper's lock says that the
// keeper holds the chunk, means to drop it no more than we are told, and will
// not for a while. A passive store can only be looked into.
//
// Invariants: a repository with an intent for a chunk promises nothing about
// it, and one that has promised announces no intent, each until the other has
// ended. So of all those who want to drop a chunk at once, the one whose intent
// is the latest finds no promise with the others. And what was dropped while a
// promise may have run out comes back before the intent ends.
//
// State and Run decide and do no I/O: the model test explores these two.
// Custody keeps a State in files that survive a crash, which FORMAT.md
// specifies; Drop carries a Run out.
package copies
