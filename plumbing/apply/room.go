// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/plan"
	"github.com/git-devops/git-devops/plumbing/rootfs"
)

// A NoRoomError says that a large file can not fit where it is to be. It is
// unix.ENOSPC.
type NoRoomError struct {
	Path       string
	Size, Room int64 // bytes
	What       string
}

func (e *NoRoomError) Error() string {
	return fmt.Sprintf("%s: of its %d bytes the file system %s %d", e.Path, e.Size, e.What, e.Room)
}

// Unwrap returns unix.ENOSPC.
func (e *NoRoomError) Unwrap() error { return unix.ENOSPC }

// checkRoom refuses, before it is begun, a large file that can not fit: a few
// bytes of a manifest stand for as many chunks and holes as one likes. Chunks
// of the file that it replaces may take no room.
func (r *Run) checkRoom(step *plan.Step, m *chunkstore.Manifest) error {
	fs, err := r.statfs(node.Parent(step.Path))
	if err != nil {
		return err
	}
	capacity, free := int64(fs.Blocks)*fs.Frsize, int64(fs.Bavail)*fs.Frsize
	if capacity == 0 { // it does not say
		return nil
	}
	if m.Size > capacity {
		return &NoRoomError{step.Path, m.Size, capacity, "has room for"}
	}
	var stored int64
	for _, p := range m.Pieces {
		if _, seed := r.seeds.chunks[p.ID]; !seed && !p.Hole {
			stored += p.Length
		}
	}
	if stored > free {
		return &NoRoomError{step.Path, stored, free, "has free"}
	}
	return nil
}

// statfs asks for the file system at a path, or where its first parent is that
// there is.
func (r *Run) statfs(path string) (fs unix.Statfs_t, err error) {
	for {
		d, err := r.e.Root.OpenDir(path)
		if err == nil {
			err = d.Statfs(&fs)
			return fs, errors.Join(err, d.Close())
		}
		if !rootfs.Unreachable(err) || path == node.RootPath {
			return fs, err
		}
		path = node.Parent(path)
	}
}
