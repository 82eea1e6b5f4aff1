// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"errors"

	"github.com/git-devops/git-devops/plumbing/node"
)

// SetMetadata changes the aspects a of what is at path, and leaves its content
// and its inode. It returns the stat after that. Where others can give the inode
// a second name it must have only one: else it might be a file of somebody else,
// *UnsafeError; a staged file can take its place.
func (b *Batch) SetMetadata(path string, w Want, a node.Aspect, live Info) (info Info, err error) {
	err = b.at(path, func(d *cachedDir, name string) error {
		if err := b.look(d, path, name, &live); err != nil {
			return err
		}
		h, err := openHandle(d.fd, name, typeOf(&live))
		if err != nil {
			return err
		}
		err = b.setMetadata(d, path, h, &w, a, &live, &info)
		if err != nil || h.pointed {
			return errors.Join(err, h.close())
		}
		return b.unsynced.file(d, path, h)
	})
	return info, err
}

func (b *Batch) setMetadata(d *cachedDir, path string, h handle, w *Want, a node.Aspect, live, info *Info) error {
	if err := h.stat(info); err != nil {
		return err
	}
	if !b.is(live, info, true) {
		return &ChangedError{path}
	}
	if d.unsafe != "" && info.Nlink > 1 && typeOf(info) != node.Dir {
		return &UnsafeError{Path: path, Step: d.path, Why: d.unsafe + ", and the file has another name"}
	}
	b.touch(info)
	if err := h.establish(path, w, a&node.Metadata, info); err != nil {
		return err
	}
	if h.pointed {
		return b.unsynced.dir(d)
	}
	return nil
}
