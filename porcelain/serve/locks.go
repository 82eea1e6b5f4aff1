// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/copies"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/plumbing/wire"
)

// addLocks lets clients lock chunks, unless it is not wanted or nothing can be
// written here, as on a full disk: then this repository's chunks are no proof
// of a copy.
func addLocks(o *wire.ServerOptions, r *repo.Repo, store *gitstore.Store, readOnly bool) (err error) {
	writable := !readOnly && unix.Access(r.CommonDir(), unix.W_OK) == nil
	if writable {
		_, err = store.Identity(true)
		writable = err == nil
	}
	o.Identity, err = store.Identity(false)
	if !writable || err != nil {
		return err
	}
	custody, err := copies.Open(r.CommonDir(), store)
	o.Locks = locks{custody}
	return err
}

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
