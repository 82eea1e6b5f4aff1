// SPDX-License-Identifier: Apache-2.0

// Package mtree reads, writes and merges .devops/mtree: what git cannot say of
// the files of a root, in the format mtree(5). Invariant: a Spec has one text,
// and what Parse accepts keeps the rules of FORMAT.md. It knows neither trees
// nor roots.
package mtree
