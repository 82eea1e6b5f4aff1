// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/node"
)

const everything = node.Metadata

// Stage makes what is to be at path, whole but for its name: anything except a
// directory. Where it wants a Link, that must be staged already, or be in its
// place; the metadata are then those of the inode.
func (b *Batch) Stage(path string, w Want) error {
	return b.in(path, func(d *cachedDir, name string) error {
		n, temporary := b.temporary()
		s, err := b.stage(d, path, temporary, &w)
		if err != nil {
			return err
		}
		s.n = n
		return b.keep(d, path, s)
	})
}

func (b *Batch) stage(d *cachedDir, path, temporary string, w *Want) (staged, error) {
	if w.Node.Link != "" {
		return b.link(d, temporary, w.Node.Link)
	}
	h, err := create(d, path, temporary, w)
	var st Info
	if err == nil {
		err = b.complete(d, path, h, w, &st)
	}
	if err != nil {
		unix.Unlinkat(d.fd, temporary, 0)
		return staged{}, err
	}
	return staged{id: inodeOf(&st)}, nil
}

// keep notes what is staged for path.
func (b *Batch) keep(d *cachedDir, path string, s staged) error {
	b.mu.Lock()
	_, twice := b.staged[path]
	if !twice {
		b.staged[path] = s
	}
	b.mu.Unlock()
	if twice {
		err := unix.Unlinkat(d.fd, temporaryName(b.run, s.n), 0)
		return errors.Join(fmt.Errorf("%s is staged twice", path), err)
	}
	return nil
}

// complete takes over the handle of a new inode.
func (b *Batch) complete(d *cachedDir, path string, h handle, w *Want, st *Info) error {
	err := h.stat(st)
	if err == nil {
		aspects := everything
		if len(w.Node.Xattrs) == 0 && !d.inherits {
			aspects &^= node.AspectXattrs
		}
		err = h.establish(path, w, aspects, st)
	}
	if err != nil || h.pointed {
		return errors.Join(err, h.close())
	}
	return b.unsynced.file(d, path, h)
}

// create makes a new inode that nobody else can read.
func create(d *cachedDir, path, name string, w *Want) (handle, error) {
	switch w.Node.Type {
	case node.File:
		return createFile(d, path, name, w)
	case node.Symlink:
		if err := unix.Symlinkat(w.Target, d.fd, name); err != nil {
			return handle{}, err
		}
	case node.Fifo, node.Char, node.Block:
		dev := unix.Mkdev(w.Node.Device.Major, w.Node.Device.Minor)
		if err := unix.Mknodat(d.fd, name, specialModes[w.Node.Type]|0o600, int(dev)); err != nil {
			return handle{}, err
		}
	default:
		return handle{}, fmt.Errorf("%s: cannot stage a %s", path, w.Node.Type)
	}
	h, err := openHandle(d.fd, name, w.Node.Type)
	if err != nil {
		return h, err
	}
	if err := isNew(h, path, w.Node.Type); err != nil {
		h.close()
		return h, err
	}
	return h, nil
}

func createFile(d *cachedDir, path, name string, w *Want) (handle, error) {
	const flags = unix.O_RDWR | unix.O_CREAT | unix.O_EXCL | unix.O_NOFOLLOW | unix.O_CLOEXEC
	fd, err := unix.Openat(d.fd, name, flags, 0o600)
	if err != nil {
		return handle{}, err
	}
	f := os.NewFile(uintptr(fd), node.JoinPath(d.path, name))
	if w.Fill != nil {
		if err := w.Fill(f); err != nil {
			f.Close()
			return handle{}, fmt.Errorf("write %s: %w", path, err)
		}
	}
	return handle{fd: fd, file: f}, nil
}

// isNew makes sure that a handle got what was just made, where others could
// have put something else in its place.
func isNew(h handle, path string, t node.Type) error {
	var st Info
	if err := h.stat(&st); err != nil {
		return err
	}
	if typeOf(&st) != t || int(st.Uid) != os.Geteuid() || (t != node.Dir && st.Nlink != 1) {
		return &ChangedError{path}
	}
	return nil
}

// specialModes are what mknod(2) takes for these types.
var specialModes = map[node.Type]uint32{
	node.Fifo: unix.S_IFIFO, node.Char: unix.S_IFCHR, node.Block: unix.S_IFBLK,
}

// link makes another name of what is, or will be, at first.
func (b *Batch) link(d *cachedDir, temporary, first string) (s staged, err error) {
	err = b.in(first, func(from *cachedDir, name string) error {
		b.mu.Lock()
		if already, ok := b.staged[first]; ok {
			name = temporaryName(b.run, already.n)
		}
		b.mu.Unlock()
		if err := unix.Linkat(from.fd, name, d.fd, temporary, 0); err != nil {
			return err
		}
		var st Info
		if err := unix.Fstatat(d.fd, temporary, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return err
		}
		b.touch(&st)
		s = staged{id: inodeOf(&st), first: first}
		return nil
	})
	return s, err
}
