// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/node"
)

// Xattrs returns the managed extended attributes, sorted; none where the file
// system has none at all.
func (d *Dir) Xattrs(name string) ([]node.Xattr, error) {
	xattrs, err := readXattrs(pathAccess(childPath(d.fd, name)))
	if err != nil {
		return nil, d.failed("read xattrs of", name, err)
	}
	return xattrs, nil
}

// childPath names an inode by its directory's handle. It costs one call where
// a handle of its own would cost three, and the last step follows no link.
func childPath(dir int, name string) string {
	return "/proc/self/fd/" + strconv.Itoa(dir) + "/" + name
}

// An xattrAccess is one inode's extended attributes.
type xattrAccess struct {
	list   func(buf []byte) (int, error)
	get    func(name string, buf []byte) (int, error)
	set    func(name string, value []byte) error
	remove func(name string) error
}

// pathAccess does not follow a link at the end of path.
func pathAccess(path string) xattrAccess {
	return xattrAccess{
		list:   func(buf []byte) (int, error) { return unix.Llistxattr(path, buf) },
		get:    func(name string, buf []byte) (int, error) { return unix.Lgetxattr(path, name, buf) },
		set:    func(name string, value []byte) error { return unix.Lsetxattr(path, name, value, 0) },
		remove: func(name string) error { return unix.Lremovexattr(path, name) },
	}
}

func readXattrs(a xattrAccess) ([]node.Xattr, error) {
	names, err := listXattrs(a)
	if err != nil {
		return nil, err
	}
	var xattrs []node.Xattr
	for _, name := range names {
		value, err := grow(func(buf []byte) (int, error) { return a.get(name, buf) })
		switch {
		case err == unix.ENODATA: // it went between the calls
		case err != nil:
			return nil, err
		default:
			xattrs = append(xattrs, node.Xattr{Name: name, Value: string(value)})
		}
	}
	return xattrs, nil
}

// listXattrs returns the managed names, sorted.
func listXattrs(a xattrAccess) ([]string, error) {
	list, err := grow(a.list)
	if err == unix.EOPNOTSUPP {
		return nil, nil
	}
	if err != nil || len(list) == 0 {
		return nil, err
	}
	var names []string
	for name := range strings.SplitSeq(strings.TrimSuffix(string(list), "\x00"), "\x00") {
		if node.ManagedXattr(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// grow calls read with a buffer that is large enough.
func grow(read func([]byte) (int, error)) ([]byte, error) {
	buf := make([]byte, 256)
	for {
		n, err := read(buf)
		if err != unix.ERANGE {
			return buf[:max(n, 0)], err
		}
		if n, err = read(nil); err != nil {
			return nil, err
		}
		buf = make([]byte, n+256)
	}
}
