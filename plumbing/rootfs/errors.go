// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"errors"
	"fmt"
)

// ErrNotRegular is returned by OpenFile for what is not a regular file.
var ErrNotRegular = errors.New("not a regular file")

// A BadPathError says that a path can name nothing in a root.
type BadPathError struct{ Path, Why string }

func (e *BadPathError) Error() string {
	return fmt.Sprintf("bad path %q: %s", e.Path, e.Why)
}

// An UnsafeError says that somebody else than root decides where a path leads.
type UnsafeError struct {
	// Path is what was asked for, Step the directory or link that is unsafe.
	Path, Step string
	Why        string
}

func (e *UnsafeError) Error() string {
	return fmt.Sprintf("unsafe path %s: %s %s", e.Path, e.Step, e.Why)
}
