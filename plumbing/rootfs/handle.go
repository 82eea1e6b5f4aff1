// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/node"
)

// A handle is an inode held open so that its metadata can be changed whatever
// happens to its names. Files and directories are opened for reading; to open
// the other types would be to use them, so they are only pointed at (O_PATH).
type handle struct {
	fd      int
	pointed bool
	// file is what fd belongs to, if it is not the handle's own.
	file *os.File
}

// openHandle opens what is at name, which is of type t.
func openHandle(dir int, name string, t node.Type) (handle, error) {
	flags, pointed := unix.O_PATH, true
	if t == node.File || t == node.Dir {
		flags, pointed = unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, false
	}
	fd, err := unix.Openat(dir, name, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	return handle{fd: fd, pointed: pointed}, err
}

func (h handle) close() error {
	if h.file != nil {
		return h.file.Close()
	}
	return unix.Close(h.fd)
}

func (h handle) stat(st *Info) error { return unix.Fstat(h.fd, st) }

// proc is a path of the inode itself, also where that is a symbolic link.
func (h handle) proc() string { return "/proc/self/fd/" + strconv.Itoa(h.fd) }

func (h handle) chown(uid, gid uint32) error {
	return unix.Fchownat(h.fd, "", int(uid), int(gid), unix.AT_EMPTY_PATH)
}

func (h handle) chmod(perm uint32) error {
	if h.pointed {
		return unix.Chmod(h.proc(), perm)
	}
	return unix.Fchmod(h.fd, perm)
}

func (h handle) setMtime(t *node.Mtime) error {
	times := []unix.Timespec{{Nsec: unix.UTIME_OMIT}, {Sec: t.Sec, Nsec: int64(t.Nsec)}}
	err := unix.UtimesNanoAt(h.fd, "", times, unix.AT_EMPTY_PATH)
	if err == unix.EINVAL { // before Linux 5.8
		err = unix.UtimesNanoAt(unix.AT_FDCWD, h.proc(), times, 0)
	}
	return err
}

func (h handle) xattrs() xattrAccess {
	if !h.pointed {
		return xattrAccess{
			list:   func(buf []byte) (int, error) { return unix.Flistxattr(h.fd, buf) },
			get:    func(name string, buf []byte) (int, error) { return unix.Fgetxattr(h.fd, name, buf) },
			set:    func(name string, value []byte) error { return unix.Fsetxattr(h.fd, name, value, 0) },
			remove: func(name string) error { return unix.Fremovexattr(h.fd, name) },
		}
	}
	path := h.proc()
	return xattrAccess{
		list:   func(buf []byte) (int, error) { return unix.Listxattr(path, buf) },
		get:    func(name string, buf []byte) (int, error) { return unix.Getxattr(path, name, buf) },
		set:    func(name string, value []byte) error { return unix.Setxattr(path, name, value, 0) },
		remove: func(name string) error { return unix.Removexattr(path, name) },
	}
}

// establish gives an inode, of which its stat says st, the metadata that w
// wants in the aspects a, and returns its stat in st. The order matters: to
// change the owner clears capabilities and setuid bits, to set an ACL changes
// the mode.
func (h handle) establish(path string, w *Want, a node.Aspect, st *Info) error {
	uid, gid := w.owners(a, st)
	if uid != st.Uid || gid != st.Gid {
		if err := h.chown(uid, gid); err != nil {
			return h.cannot(path, node.AspectOwner, err)
		}
		a |= node.AspectMode | node.AspectXattrs
	}
	if a&node.AspectXattrs != 0 {
		if err := writeXattrs(h.xattrs(), w.Node.Xattrs); err != nil {
			return h.cannot(path, node.AspectXattrs, err)
		}
		if err := h.stat(st); err != nil {
			return err
		}
	}
	if a&node.AspectMode != 0 && w.Node.Type != node.Symlink && st.Mode&0o7777 != w.Node.Perm {
		if err := h.chmod(w.Node.Perm); err != nil {
			return h.cannot(path, node.AspectMode, err)
		}
	}
	if a&node.AspectMtime != 0 && w.Node.Mtime != nil {
		if err := h.setMtime(w.Node.Mtime); err != nil {
			return h.cannot(path, node.AspectMtime, err)
		}
	}
	return h.check(path, w, a, st)
}

// owners are those that an inode is to have when only the aspects a change.
func (w *Want) owners(a node.Aspect, st *Info) (uid, gid uint32) {
	uid, gid = st.Uid, st.Gid
	if a&node.AspectOwner != 0 {
		uid = w.UID
	}
	if a&node.AspectGroup != 0 {
		gid = w.GID
	}
	return uid, gid
}

// check finds what a file system has dropped without a word.
func (h handle) check(path string, w *Want, a node.Aspect, st *Info) error {
	if err := h.stat(st); err != nil {
		return err
	}
	var lost node.Aspect
	if uid, gid := w.owners(a, st); uid != st.Uid || gid != st.Gid {
		lost |= node.AspectOwner
	}
	if a&node.AspectMode != 0 && w.Node.Type != node.Symlink && st.Mode&0o7777 != w.Node.Perm {
		lost |= node.AspectMode
	}
	if lost != 0 {
		return &UnsupportedError{Path: path, What: lost}
	}
	return nil
}

// cannot tells inodes that must not be changed, and file systems that cannot,
// from what else goes wrong.
func (h handle) cannot(path string, what node.Aspect, err error) error {
	if e := protected(h.fd, "", path); e != nil {
		return e
	}
	if unable(err) && os.Geteuid() == 0 {
		return &UnsupportedError{Path: path, What: what, Err: err}
	}
	return &fs.PathError{Op: fmt.Sprintf("set the %s of", what), Path: path, Err: err}
}

// unable tells whether an error says that it can never be done here.
func unable(err error) bool {
	for _, errno := range []unix.Errno{unix.EPERM, unix.EOPNOTSUPP, unix.EINVAL, unix.ENOSYS} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

// writeXattrs makes the managed attributes those that are wanted.
func writeXattrs(a xattrAccess, want []node.Xattr) error {
	live, err := readXattrs(a)
	if err != nil {
		return err
	}
	values := make(map[string]string, len(live))
	for _, x := range live {
		values[x.Name] = x.Value
	}
	for _, x := range want {
		value, ok := values[x.Name]
		delete(values, x.Name)
		if ok && value == x.Value {
			continue
		}
		if err := a.set(x.Name, []byte(x.Value)); err != nil {
			return fmt.Errorf("%s: %w", x.Name, err)
		}
	}
	for name := range values {
		if err := a.remove(name); err != nil && err != unix.ENODATA {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
