// SPDX-License-Identifier: Apache-2.0

// Package dir keeps chunks in a directory, as that of an external disk. Its
// invariant: what has the name of a body is whole, whatever happened while it
// was written; and nothing is ever written to a directory that turns up in the
// place of the disk, because everything goes through the directory that was
// open when the mark was read.
//
// ../passive/FORMAT.md specifies the files.
package dir
