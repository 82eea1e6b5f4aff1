// SPDX-License-Identifier: Apache-2.0

package replicate

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/git-devops/git-devops/plumbing/lockfile"
)

// ErrBusy says that another sync is at work in the repository.
var ErrBusy = errors.New("another sync is running in this repository")

// Lock keeps other syncs out until unlock is called or the process ends:
// two would fetch the same chunks. commonDir is the repository's.
func Lock(commonDir string) (unlock func(), err error) {
	unlock, err = lockfile.Try(filepath.Join(commonDir, "devops", "sync.lock"))
	switch {
	case errors.Is(err, lockfile.ErrLocked):
		return nil, ErrBusy
	case err != nil:
		return nil, fmt.Errorf("lock sync: %w", err)
	}
	return unlock, nil
}
