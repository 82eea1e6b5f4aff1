// SPDX-License-Identifier: Apache-2.0

package copies

import (
	"bytes"
	"slices"

	"github.com/git-devops/git-devops/chunkstore"
)

func compareIDs(a, b chunkstore.ID) int { return bytes.Compare(a[:], b[:]) }

// sortedSet returns a new slice of the ids, ascending, each once.
func sortedSet(ids []chunkstore.ID) []chunkstore.ID {
	ids = slices.Clone(ids)
	slices.SortFunc(ids, compareIDs)
	return slices.Compact(ids)
}

// eachCommon calls fn with the index in a of each id that both have. Both are
// ascending.
func eachCommon(a, b []chunkstore.ID, fn func(i int)) {
	for i := range a {
		at, found := slices.BinarySearchFunc(b, a[i], compareIDs)
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
