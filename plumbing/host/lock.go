// SPDX-License-Identifier: Apache-2.0

package host

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/git-devops/git-devops/plumbing/lockfile"
)

// ErrBusy says that another process is writing the root.
var ErrBusy = errors.New("another process is changing this root")

// Lock keeps all others from writing the root until unlock is called or the
// process ends.
func (h *Host) Lock() (unlock func(), err error) {
	unlock, err = lockfile.Try(filepath.Join(h.stateDir(), "apply.lock"))
	switch {
	case errors.Is(err, lockfile.ErrLocked):
		return nil, fmt.Errorf("%w: %s", ErrBusy, h.Root)
	case err != nil:
		return nil, fmt.Errorf("lock root: %w", err)
	}
	return unlock, nil
}
