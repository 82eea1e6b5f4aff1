// SPDX-License-Identifier: Apache-2.0

// Package node says what lies, or should lie, at a path of a root: what git
// records of it and what .devops/mtree adds. It is the word in which base,
// target and live are compared. It reads and writes nothing.
package node
