// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
)

func TestEachByAge(t *testing.T) {
	s := newStore(t)
	var want []chunkstore.ID
	for i, days := range []int{1, 3, 2} { // days old
		chunks := several(byte(i), 2, 1000*(i+1))
		base := store(t, s, chunks...)
		at := time.Now().Add(-time.Duration(days) * 24 * time.Hour)
		must(t, os.Chtimes(base+".pack", at, at))
		switch days {
		case 3:
			want = append(idsOf(chunks), want...)
		case 2:
			want = slices.Insert(want, 2, idsOf(chunks)...)
		default:
			want = append(want, idsOf(chunks)...)
		}
	}
	gone := several(0, 2, 1000)[0]
	unhold(t, s, gone)
	want = slices.DeleteFunc(want, func(id chunkstore.ID) bool { return id == chunkstore.BlobID(gone) })

	var got []chunkstore.ID
	must(t, open(t, s.dir()).EachByAge(t.Context(), func(id chunkstore.ID, bytes int64) error {
		if bytes < 1000 || bytes > 3100 {
			t.Errorf("%s takes up %d bytes", id, bytes)
		}
		got = append(got, id)
		return nil
	}))
	for _, ids := range [][]chunkstore.ID{got[:2], got[2:4], want[:2], want[2:4]} {
		slices.SortFunc(ids, func(a, b chunkstore.ID) int { return slices.Compare(a[:], b[:]) })
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
