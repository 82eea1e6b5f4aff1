// SPDX-License-Identifier: Apache-2.0

// Package plan decides what an apply does: from what was applied last (base),
// what is wanted (target) and what is there (live) it makes the list of steps.
//
// Invariants: the same input gives the same plan, byte for byte; nothing that
// is not managed is touched; a live version that differs from base is saved
// before a step replaces or removes it; after the steps the root is the target
// but for the paths that the plan says stay.
//
// It reads and writes nothing.
package plan
