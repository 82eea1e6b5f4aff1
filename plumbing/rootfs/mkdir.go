// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/node"
)

// Mkdir makes a directory with its metadata, at once, and returns its stat. What
// is there and no directory is replaced by it. Its modification time will not
// stay what it is when something is put into it.
func (b *Batch) Mkdir(path string, w Want, live *Info) (info Info, err error) {
	err = b.in(path, func(d *cachedDir, name string) error {
		if live != nil && typeOf(live) == node.Dir {
			return unix.EEXIST
		}
		_, temporary := b.temporary()
		id, err := b.makeDir(d, path, temporary, &w)
		if err == nil {
			info, err = b.place(d, path, name, temporary, id, live)
		}
		if err != nil {
			unix.Unlinkat(d.fd, temporary, unix.AT_REMOVEDIR)
		}
		return err
	})
	return info, err
}

func (b *Batch) makeDir(d *cachedDir, path, name string, w *Want) (inode, error) {
	if err := unix.Mkdirat(d.fd, name, 0o700); err != nil {
		return inode{}, err
	}
	h, err := openHandle(d.fd, name, node.Dir)
	if err != nil {
		return inode{}, err
	}
	err = isNew(h, path, node.Dir)
	// Who may rename in d could have put another directory of ours there.
	if err == nil && d.unsafe != "" {
		err = isEmpty(d.fd, name, path)
	}
	if err != nil {
		h.close()
		return inode{}, err
	}
	var st Info
	err = b.complete(d, path, h, w, &st)
	return inodeOf(&st), err
}
