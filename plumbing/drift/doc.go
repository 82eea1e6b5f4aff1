// SPDX-License-Identifier: Apache-2.0

// Package drift keeps the live versions of paths that an apply replaces or
// removes although they are not what was applied: one commit a run, on
// refs/devops/drift.
//
// Invariants: what a commit names is durable before the ref names the commit,
// and only after that may the live version go; the ref moves forward only. The
// bytes are specified in FORMAT.md.
//
// It reads a root and never writes one.
package drift
