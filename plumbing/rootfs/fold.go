// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/node"
)

// FoldsCase tells whether names that differ only in the case of their letters
// are the same name in a directory, which need not be there yet. It writes
// nothing, so of an empty file system it does not know: then it says no.
func (r *Root) FoldsCase(dir string) (bool, error) {
	for dev := uint64(0); ; dir = node.Parent(dir) {
		folds, known, err := r.foldsCase(dir, &dev)
		if known || err != nil || dir == node.RootPath {
			return folds, err
		}
	}
}

// foldsCase looks at one directory. What is in another one says nothing unless
// it is on the same device; dev is 0 while that is not known.
func (r *Root) foldsCase(dir string, dev *uint64) (folds, known bool, err error) {
	d, err := r.OpenDir(dir)
	if Unreachable(err) {
		return false, false, nil
	}
	if err != nil {
		return false, false, err
	}
	defer d.Close()
	var st Info
	if err := unix.Fstat(d.fd, &st); err != nil {
		return false, false, d.failed("stat", ".", err)
	}
	if *dev != 0 && st.Dev != *dev {
		return false, true, nil
	}
	*dev = st.Dev
	if flags, err := unix.IoctlGetUint32(d.fd, unix.FS_IOC_GETFLAGS); err == nil && flags&casefoldFlag != 0 {
		return true, true, nil
	}
	return d.findsSwapped()
}

// casefoldFlag is FS_CASEFOLD_FL of include/uapi/linux/fs.h.
const casefoldFlag = 0x40000000

// findsSwapped looks a name up with the case of its letters swapped.
func (d *Dir) findsSwapped() (found, known bool, err error) {
	names, err := d.Names()
	for _, name := range names {
		swapped := swapCase(name)
		if _, both := slices.BinarySearch(names, swapped); both {
			if swapped != name {
				return false, true, nil
			}
			continue
		}
		// It is not listed, so to find it is to find the other one. Some file
		// systems of FUSE give that another inode number, then.
		var st Info
		err := unix.Fstatat(d.fd, swapped, &st, unix.AT_SYMLINK_NOFOLLOW)
		return err == nil, true, nil
	}
	return false, false, err
}

// swapCase swaps the case of ASCII letters.
func swapCase(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		}
		return r
	}, name)
}
