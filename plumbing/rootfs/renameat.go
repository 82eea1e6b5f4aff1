// SPDX-License-Identifier: Apache-2.0

package rootfs

import "golang.org/x/sys/unix"

// renameat2 works within a directory.
func (r *Root) renameat2(dir int, from, to string, flags uint) error {
	if r.plain {
		return unix.EINVAL
	}
	return unix.Renameat2(dir, from, dir, to, flags)
}

// exchange swaps two names of a directory.
func (r *Root) exchange(dir int, a, b string) error {
	return r.renameat2(dir, a, b, unix.RENAME_EXCHANGE)
}

// noFlags tells whether a file system does not know the flags of renameat2.
func noFlags(err error) bool {
	return err == unix.EINVAL || err == unix.ENOSYS || err == unix.EOPNOTSUPP
}

// moveToFree gives what is at the name from a name that nothing has, EEXIST
// otherwise.
func (r *Root) moveToFree(dir int, from, to string) error {
	err := r.renameat2(dir, from, to, unix.RENAME_NOREPLACE)
	if noFlags(err) {
		return moveToFreeSlowly(dir, from, to)
	}
	return err
}

// moveToFreeSlowly is for file systems without flags. Where they have no hard
// links either, or from is a directory, there is a moment between the look and
// the move.
func moveToFreeSlowly(dir int, from, to string) error {
	err := unix.Linkat(dir, from, dir, to, 0)
	if err == nil {
		return unix.Unlinkat(dir, from, 0)
	}
	if err == unix.EEXIST {
		return err
	}
	var st Info
	switch err := unix.Fstatat(dir, to, &st, unix.AT_SYMLINK_NOFOLLOW); err {
	case unix.ENOENT:
		return unix.Renameat(dir, from, dir, to)
	case nil:
		return unix.EEXIST
	default:
		return err
	}
}
