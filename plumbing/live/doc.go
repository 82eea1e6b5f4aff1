// SPDX-License-Identifier: Apache-2.0

// Package live compares a root with the tree that it should be: at each path
// what should lie there with what does. A stat cache spares it from reading
// what has certainly not changed.
//
// Invariants: it writes nothing to the root; nothing that has changed is ever
// hidden by the cache, whatever the clock says; a cache that is damaged, of
// another version or of another tree costs time, never an error. FORMAT.md
// specifies its bytes.
package live
