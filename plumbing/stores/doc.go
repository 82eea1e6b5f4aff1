// SPDX-License-Identifier: Apache-2.0

// Package stores is the passive stores of a repository: which there are, by
// the config keys devops.store.<name>.url, .id and .recipient, and how each is
// opened. Its invariant: a store is only used when its mark has the id that
// was recorded when it was added, and is sealed exactly when recipients are
// configured for it; nothing secret is in the configuration.
//
// After each contact that succeeded, what a store has is remembered by package
// known. Whether a chunk may be deleted is not decided here.
package stores
