// SPDX-License-Identifier: Apache-2.0

// Package capture brings what lies on a root into the index and .devops/mtree
// of its repository: content, metadata, special files.
//
// Invariants: it writes nothing to the root; nothing is staged of a call that
// fails; what is staged is durable; no filter and no conversion of line ends
// comes between the root and the repository.
package capture
