// SPDX-License-Identifier: Apache-2.0

package replicate

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ErrBusy says that another sync is at work in the repository.
var ErrBusy = errors.New("another sync is running in this repository")

// Lock keeps other syncs out until unlock is called or the process ends:
// two would fetch the same chunks. commonDir is the repository's.
func Lock(commonDir string) (unlock func(), err error) {
	dir := filepath.Join(commonDir, "devops")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("lock sync: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "sync.lock"), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("lock sync: %w", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		return func() { f.Close() }, nil
	}
	f.Close()
	if err == unix.EWOULDBLOCK {
		return nil, ErrBusy
	}
	return nil, fmt.Errorf("lock sync: %w", err)
}
