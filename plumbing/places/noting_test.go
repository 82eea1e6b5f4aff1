// SPDX-License-Identifier: Apache-2.0

package places

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/known"
	"github.com/git-devops/git-devops/plumbing/transfer"
)

// growing is a source that has what it was given.
type growing struct {
	transfer.Source
	has []chunkstore.ID
}

func (g *growing) Have(_ context.Context, ids []chunkstore.ID) ([]bool, error) {
	have := make([]bool, len(ids))
	for i, id := range ids {
		have[i] = slices.Contains(g.has, id)
	}
	return have, nil
}

// The first answers are written down at once, others not each time, and all in
// the end.
func TestNotesNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := known.Open(t.TempDir())
		a, b := chunkstore.ID{1}, chunkstore.ID{2}
		source := &growing{}
		n := &noting{Source: source, known: memory, place: known.Peer("p")}
		ask := func() {
			t.Helper()
			if _, err := n.Have(t.Context(), []chunkstore.ID{a, b}); err != nil {
				t.Fatal(err)
			}
		}
		noted := func(want ...chunkstore.ID) {
			t.Helper()
			s, err := memory.Load(known.Peer("p"))
			if diff := cmp.Diff(want, slices.Clone(s.IDs)); diff != "" || err != nil {
				t.Error(diff, err)
			}
		}
		source.has = []chunkstore.ID{a}
		ask()
		noted(a)
		source.has = []chunkstore.ID{a, b}
		time.Sleep(time.Second)
		ask()
		noted(a)
		time.Sleep(noteEvery)
		ask()
		noted(a, b)
		source.has = []chunkstore.ID{b}
		ask()
		n.note()
		noted(b)
	})
}
