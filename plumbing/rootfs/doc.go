// SPDX-License-Identifier: Apache-2.0

// Package rootfs reads the root that a host manages, and is its only writer.
// Invariant: nothing outside the root is ever written, whatever lies in the
// root and whoever changes it meanwhile.
//
// Paths are relative to the root, slash-separated and clean; node.CheckPath says
// which can be none. They are resolved by the kernel's directory handles, one
// real directory after the other. A symbolic link among the parents is followed,
// within the root, only where it and all directories before it belong to root
// and are writable to nobody else: then only root can have put it there. Real
// directories may belong to anyone: what is done in them is done to inodes that
// are held open or were compared with what the caller expects.
package rootfs
