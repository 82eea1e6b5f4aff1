// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/node"
)

// A File is a regular file that is open for reading. Where there are very many
// it costs half of what an os.File does. It serves one goroutine.
type File struct {
	fd   int
	info Info
	dir  *Dir
	name string
}

// OpenSeen is OpenFile for what Lstat has just said to be a regular file.
func (d *Dir) OpenSeen(name string) (*File, error) {
	f := &File{dir: d, name: name}
	var err error
	if f.fd, err = openSeen(d.fd, name, &f.info); err != nil {
		return nil, d.failed("open", name, err)
	}
	return f, nil
}

// Stat is what fstat(2) says now.
func (f *File) Stat(st *Info) error {
	if err := unix.Fstat(f.fd, st); err != nil {
		return f.dir.failed("stat", f.name, err)
	}
	return nil
}

// Read reads what comes next, as read(2): 0 bytes are the end.
func (f *File) Read(p []byte) (int, error) {
	for {
		n, err := unix.Read(f.fd, p)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return 0, f.dir.failed("read", f.name, err)
		}
		return n, nil
	}
}

// Xattrs returns the managed extended attributes; see Dir.Xattrs.
func (f *File) Xattrs() ([]node.Xattr, error) {
	xattrs, err := readXattrs(handle{fd: f.fd}.xattrs())
	if err != nil {
		return nil, f.dir.failed("read xattrs of", f.name, err)
	}
	return xattrs, nil
}

// Close closes the file.
func (f *File) Close() error { return unix.Close(f.fd) }
