// SPDX-License-Identifier: Apache-2.0

package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ErrBusy says that another process is writing the root.
var ErrBusy = errors.New("another process is changing this root")

// Lock keeps all others from writing the root until unlock is called or the
// process ends.
func (h *Host) Lock() (unlock func(), err error) {
	if err := os.MkdirAll(h.stateDir(), 0o777); err != nil {
		return nil, fmt.Errorf("lock root: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(h.stateDir(), "apply.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock root: %w", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		return func() { f.Close() }, nil
	}
	f.Close()
	if err == unix.EWOULDBLOCK {
		return nil, fmt.Errorf("%w: %s", ErrBusy, h.Root)
	}
	return nil, fmt.Errorf("lock root: %w", err)
}
