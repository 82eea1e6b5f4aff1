// SPDX-License-Identifier: Apache-2.0

// Package accounts turns the names of a root's users and groups into ids, and
// back. Invariant: a name that the root does not know is an error, never
// another user; an id without a name is its decimal digits, and the other way.
package accounts
