// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"context"
	"errors"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/copies"
	"github.com/git-devops/git-devops/plumbing/wire"
)

// locks tells clients which refusals are worth trying again.
type locks struct{ *copies.Custody }

// Lock implements wire.Locks.
func (l locks) Lock(ctx context.Context, ids []chunkstore.ID, d time.Duration) (string, []bool, error) {
	token, granted, err := l.Custody.Lock(ctx, ids, d)
	if errors.Is(err, copies.ErrTooManyLocks) {
		err = &wire.RemoteError{Code: wire.CodeBusy, Text: err.Error()}
	}
	return token, granted, err
}
