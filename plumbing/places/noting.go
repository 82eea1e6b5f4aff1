// SPDX-License-Identifier: Apache-2.0

package places

import (
	"context"
	"sync"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/known"
	"github.com/git-devops/git-devops/plumbing/transfer"
)

const (
	// noteEvery is the least time between two notes of one place's answers:
	// a note is a file written durably, and a peer that is fetching, too,
	// is asked twice a second.
	noteEvery = 10 * time.Second
	// mostUnnoted is how many answers wait in memory at most.
	mostUnnoted = 1 << 16
)

// noting is a source whose answers are remembered, for when it cannot be
// reached: the first at once, others later, at the latest by note. (Stores do
// that by themselves.)
type noting struct {
	transfer.Source
	known *known.Known
	place string

	mu      sync.Mutex
	unnoted map[chunkstore.ID]bool // the last answer about each
	noted   time.Time
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
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.unnoted == nil {
		n.unnoted = map[chunkstore.ID]bool{}
	}
	for i, id := range ids {
		n.unnoted[id] = have[i]
	}
	if len(n.unnoted) >= mostUnnoted || time.Since(n.noted) >= noteEvery {
		n.write()
	}
	return have, nil
}

// note writes down what has not been yet.
func (n *noting) note() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.unnoted) > 0 {
		n.write()
	}
}

func (n *noting) write() {
	var has, hasNot []chunkstore.ID
	for id, held := range n.unnoted {
		if held {
			has = append(has, id)
		} else {
			hasNot = append(hasNot, id)
		}
	}
	_ = n.known.Update(n.place, has, hasNot)
	n.unnoted, n.noted = nil, time.Now()
}
