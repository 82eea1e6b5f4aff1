// SPDX-License-Identifier: Apache-2.0

package places

import (
	"context"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/known"
	"github.com/git-devops/git-devops/plumbing/transfer"
)

// noting is a source whose answers are remembered, for when it cannot be
// reached. (Stores do that by themselves.)
type noting struct {
	transfer.Source
	known *known.Known
	place string
}

// Static passes on what the source says of itself.
func (n *noting) Static() bool {
	s, ok := n.Source.(interface{ Static() bool })
	return ok && s.Static()
}

// Have implements transfer.Source. What cannot be remembered is no reason to
// fail.
func (n *noting) Have(ctx context.Context, ids []chunkstore.ID) ([]bool, error) {
	have, err := n.Source.Have(ctx, ids)
	if err != nil {
		return have, err
	}
	var has, hasNot []chunkstore.ID
	for i, id := range ids {
		if have[i] {
			has = append(has, id)
		} else {
			hasNot = append(hasNot, id)
		}
	}
	_ = n.known.Update(n.place, has, hasNot)
	return have, nil
}
