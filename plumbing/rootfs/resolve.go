// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/node"
)

const (
	openDirFlags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	// maxLinks is how many links one path may lead through, as in Linux.
	maxLinks = 40
)

// openDir opens a directory and returns its path without symbolic links. Nearly
// all paths have none, then the kernel walks them in one call.
func (r *Root) openDir(path string) (fd int, real string, err error) {
	if !r.careful {
		fd, err = openat2(r.fd, path)
		switch {
		case err == nil:
			return fd, path, nil
		case err == unix.ENOENT || err == unix.EMFILE || err == unix.ENFILE:
			return -1, "", &os.PathError{Op: "open directory", Path: path, Err: err}
		}
	}
	return r.walk(path)
}

func openat2(dir int, path string) (int, error) {
	how := unix.OpenHow{
		Flags:   openDirFlags,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS,
	}
	for {
		fd, err := unix.Openat2(dir, path, &how)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

// walk opens a directory name by name, following links that are safe.
func (r *Root) walk(path string) (fd int, real string, err error) {
	w, err := r.newWalk(path)
	if err != nil {
		return -1, "", err
	}
	defer w.close()
	rest, links := strings.Split(path, "/"), 0
	for len(rest) > 0 {
		name := rest[0]
		rest = rest[1:]
		target, err := w.step(name)
		if err != nil {
			return -1, "", err
		}
		if target == "" {
			continue
		}
		if links++; links > maxLinks {
			return -1, "", w.failed(name, unix.ELOOP)
		}
		if target[0] == '/' {
			w.cut(1)
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	return w.result()
}

// A walk is where resolving a path has come to: the open directories from the
// root down.
type walk struct {
	path string
	dirs []walkDir
}

type walkDir struct {
	fd   int
	name string
	// unsafe says why a link in this directory is not to be trusted.
	unsafe string
}

func (r *Root) newWalk(path string) (*walk, error) {
	w := &walk{path: path}
	fd, err := unix.Openat(r.fd, ".", openDirFlags, 0)
	if err != nil {
		return nil, w.failed(".", err)
	}
	return w, w.push(fd, ".")
}

// step goes into the directory name. Where that is a symbolic link it stays,
// and returns its target.
func (w *walk) step(name string) (target string, err error) {
	switch name {
	case "", ".":
		return "", nil
	case "..":
		w.cut(max(1, len(w.dirs)-1))
		return "", nil
	}
	top := w.dirs[len(w.dirs)-1]
	fd, err := unix.Openat(top.fd, name, openDirFlags, 0)
	switch err {
	case nil:
		return "", w.push(fd, name)
	case unix.ENOTDIR, unix.ELOOP:
		return w.readlink(top.fd, name)
	}
	return "", w.failed(name, err)
}

// readlink returns where the link name points to if it is safe to follow.
func (w *walk) readlink(dir int, name string) (string, error) {
	var st Info
	if err := unix.Fstatat(dir, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return "", w.failed(name, err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFLNK {
		return "", w.failed(name, unix.ENOTDIR)
	}
	for i, d := range w.dirs {
		if d.unsafe != "" {
			return "", &UnsafeError{Path: w.path, Step: w.real(i + 1),
				Why: d.unsafe + ", and a symbolic link lies below it"}
		}
	}
	if !trusted(st.Uid) {
		return "", &UnsafeError{Path: w.path, Step: node.JoinPath(w.real(len(w.dirs)), name),
			Why: fmt.Sprintf("is a symbolic link of uid %d", st.Uid)}
	}
	target, err := readlinkat(dir, name)
	if err != nil {
		return "", w.failed(name, err)
	}
	if target == "" {
		return "", w.failed(name, unix.ENOENT)
	}
	return target, nil
}

// push takes over fd.
func (w *walk) push(fd int, name string) error {
	var st Info
	if err := unix.Fstat(fd, &st); err != nil {
		return errors.Join(w.failed(name, err), unix.Close(fd))
	}
	w.dirs = append(w.dirs, walkDir{fd, name, unsafeToLink(&st)})
	return nil
}

// cut keeps the first n directories.
func (w *walk) cut(n int) {
	for _, d := range w.dirs[n:] {
		unix.Close(d.fd)
	}
	w.dirs = w.dirs[:n]
}

func (w *walk) close() { w.cut(0) }

// result hands over the last directory.
func (w *walk) result() (int, string, error) {
	real := w.real(len(w.dirs))
	last := len(w.dirs) - 1
	fd := w.dirs[last].fd
	w.dirs = w.dirs[:last]
	return fd, real, nil
}

// real is the path of the first n directories.
func (w *walk) real(n int) string {
	path := node.RootPath
	for _, d := range w.dirs[:n] {
		path = node.JoinPath(path, d.name)
	}
	return path
}

func (w *walk) failed(name string, err error) error {
	return &os.PathError{Op: "open directory", Path: node.JoinPath(w.real(len(w.dirs)), name), Err: err}
}

// unsafeToLink says why somebody else than root could have put a symbolic link
// into a directory. The sticky bit does not help: links can be hard-linked.
func unsafeToLink(dir *Info) string {
	switch {
	case !trusted(dir.Uid):
		return fmt.Sprintf("is owned by uid %d", dir.Uid)
	case dir.Mode&0o022 != 0:
		return fmt.Sprintf("is writable by others (mode %04o)", dir.Mode&0o7777)
	}
	return ""
}

// trusted tells whether uid can do no more than it could without us.
func trusted(uid uint32) bool { return uid == 0 || int(uid) == os.Geteuid() }
