// SPDX-License-Identifier: Apache-2.0

package drop

import (
	"context"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/copies"
	"github.com/git-devops/git-devops/plumbing/places"
)

// foresee finds out what a drop would do, without asking for any promise: what
// others have they may refuse to promise in the end.
func (d *dropping) foresee(ctx context.Context, set places.Set) error {
	vouched := map[chunkstore.ID][]string{}
	for _, p := range set.Reached().Distinct() {
		if p.Keeper == nil && p.Witness == nil {
			continue
		}
		have, err := p.Source.Have(ctx, d.ids)
		asked := copies.Asked{Name: p.Name, Err: err}
		for i, id := range d.ids {
			if err == nil && have[i] {
				vouched[id] = append(vouched[id], p.Name)
				asked.Vouched++
			}
		}
		if err == nil {
			asked.Denied = len(d.ids) - asked.Vouched
		}
		d.result.Asked = append(d.result.Asked, asked)
	}
	for _, id := range d.ids {
		if len(vouched[id]) >= d.numCopies || d.o.force {
			d.choice.chunks[id].stays = false
			d.result.Dropped = append(d.result.Dropped, id)
		} else {
			d.result.Refused = append(d.result.Refused, copies.Refusal{ID: id, Vouched: vouched[id]})
		}
	}
	d.tell()
	return d.refused()
}
