// SPDX-License-Identifier: Apache-2.0

package copies

import (
	"slices"

	"github.com/git-devops/git-devops/chunkstore"
)

// eachCommon calls fn with the index in a of each id that both have. Both are
// ascending.
func eachCommon(a, b []chunkstore.ID, fn func(i int)) {
	for i := range a {
		at, found := slices.BinarySearchFunc(b, a[i], chunkstore.ID.Compare)
		if found {
			fn(i)
		}
		if b = b[at:]; len(b) == 0 {
			return
		}
	}
}

// choose returns those of ids that are marked.
func choose(ids []chunkstore.ID, marked []bool) []chunkstore.ID {
	var chosen []chunkstore.ID
	for i, id := range ids {
		if marked[i] {
			chosen = append(chosen, id)
		}
	}
	return chosen
}
