// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"io/fs"

	"golang.org/x/sys/unix"
)

// explain says which path the kernel refused to change and, where it can be
// found out, why. Errors that already say so stay as they are.
func (d *cachedDir) explain(path, name string, err error) error {
	errno, ok := err.(unix.Errno)
	if !ok {
		return err
	}
	switch errno {
	case unix.EPERM, unix.EACCES:
		if e := protected(d.fd, name, path); e != nil {
			return e
		}
		if e := protected(d.fd, "", d.path); e != nil {
			return e
		}
	case unix.EBUSY:
		return &MountedError{path}
	case unix.ENOTEMPTY:
		return &NotEmptyError{path}
	}
	return &fs.PathError{Op: "change", Path: path, Err: err}
}

// protected returns an *ImmutableError if chattr keeps an inode as it is.
func protected(dir int, name, path string) error {
	flags := unix.AT_SYMLINK_NOFOLLOW
	if name == "" {
		flags |= unix.AT_EMPTY_PATH
	}
	var st unix.Statx_t
	if err := unix.Statx(dir, name, flags, 0, &st); err != nil {
		return nil
	}
	switch {
	case st.Attributes&unix.STATX_ATTR_IMMUTABLE != 0:
		return &ImmutableError{path, 'i'}
	case st.Attributes&unix.STATX_ATTR_APPEND != 0:
		return &ImmutableError{path, 'a'}
	}
	return nil
}
