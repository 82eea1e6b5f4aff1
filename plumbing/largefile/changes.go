// SPDX-License-Identifier: Apache-2.0

package largefile

import "github.com/git-devops/git-devops/chunkstore"

// A Change is a range of one version of a file that another has differently.
// All numbers are bytes; a length of 0 means that nothing is there.
type Change struct {
	OldOffset, OldLength int64
	NewOffset, NewLength int64
}

// Changes compares two versions by their chunks, which is as exactly as the
// manifests tell. A nil manifest stands for no file.
func Changes(before, after *chunkstore.Manifest) []Change {
	from, to := piecesOf(before), piecesOf(after)
	at := make(map[chunkstore.Piece][]int, len(from)) // where a piece is in from
	for i, s := range from {
		at[s.Piece] = append(at[s.Piece], i)
	}
	var changes []Change
	var c Change
	next := 0 // first of from that is not accounted for
	flush := func(upTo int) {
		for _, s := range from[next:upTo] {
			c.OldLength += s.Length
		}
		next = upTo
		if c.OldLength > 0 || c.NewLength > 0 {
			changes = append(changes, c)
		}
	}
	for _, s := range to {
		i, ok := firstFrom(at[s.Piece], next)
		if !ok {
			c.NewLength += s.Length
			continue
		}
		flush(i)
		next = i + 1
		c = Change{OldOffset: from[i].offset + from[i].Length, NewOffset: s.offset + s.Length}
	}
	flush(len(from))
	return changes
}

func piecesOf(m *chunkstore.Manifest) []span {
	if m == nil {
		return nil
	}
	return spans(m)
}

// firstFrom returns the first of the ascending places that is at least from.
func firstFrom(places []int, from int) (int, bool) {
	for _, i := range places {
		if i >= from {
			return i, true
		}
	}
	return 0, false
}
