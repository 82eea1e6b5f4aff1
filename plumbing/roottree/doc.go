// SPDX-License-Identifier: Apache-2.0

// Package roottree reads the tree of a commit, or an index, as what it is on a
// host's branch: the nodes of a root. Invariant: a Tree names only what may be
// managed; a tree that names anything else is refused whole.
package roottree
