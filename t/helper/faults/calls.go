// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// need says what a call needs of the device, and so how it can fail.
type need int

const (
	nothing need = iota // a change of state only: never fails here
	device              // can fail with EIO
	space               // can also fail for want of space
)

// call is a system call that changes a file system.
type call struct {
	name string
	need need
	fd   int // which argument is a descriptor, or -1
	path int // which argument is a path, for the report, or -1
}

// canFail says whether the call could return errno; any can be killed.
func (c call) canFail(errno unix.Errno) bool {
	switch errno {
	case 0:
		return true
	case unix.EIO:
		return c.need != nothing
	case unix.EROFS:
		return c.need != nothing && !strings.Contains(c.name, "sync")
	}
	return c.need == space
}

// target names what the call changes and says whether it changes anything.
func (c call) target(n *notification) (path string, ok bool) {
	switch c.name {
	case "open":
		ok = changes(n.args[1])
	case "openat":
		ok = changes(n.args[2])
	case "openat2":
		ok = changes(openHow(n.pid, n.args[2]))
	case "ioctl":
		ok = n.args[1] == unix.FICLONE || n.args[1] == unix.FICLONERANGE
	default:
		ok = true
	}
	if !ok {
		return "", false
	}
	if c.fd >= 0 {
		return descriptorPath(n.pid, n.args[c.fd])
	}
	path = stringAt(n.pid, n.args[c.path])
	return path, !isDevice(path)
}

// below tells whether a path that target has named is below a directory; of
// every directory "" that is so.
func (c call) below(n *notification, path, dir string) bool {
	if dir == "" {
		return true
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(c.dir(n), path)
	}
	return strings.HasPrefix(path, dir+"/")
}

// dir is what a relative path is relative to: the descriptor before it, where
// the call takes one.
func (c call) dir(n *notification) string {
	link := fmt.Sprintf("/proc/%d/cwd", n.pid)
	if strings.HasSuffix(strings.TrimSuffix(c.name, "2"), "at") && int32(n.args[c.path-1]) != unix.AT_FDCWD {
		link = fmt.Sprintf("/proc/%d/fd/%d", n.pid, int32(n.args[c.path-1]))
	}
	dir, err := os.Readlink(link)
	if err != nil {
		return "?"
	}
	return dir
}

func changes(openFlags uint64) bool {
	return openFlags&(unix.O_CREAT|unix.O_TRUNC) != 0
}

// calls is the table of calls, by number.
var calls = sync.OnceValue(func() map[int]call {
	table := map[int]call{
		unix.SYS_OPENAT:          {"openat", space, -1, 1},
		unix.SYS_OPENAT2:         {"openat2", space, -1, 1},
		unix.SYS_WRITE:           {"write", space, 0, -1},
		unix.SYS_PWRITE64:        {"pwrite64", space, 0, -1},
		unix.SYS_WRITEV:          {"writev", space, 0, -1},
		unix.SYS_PWRITEV:         {"pwritev", space, 0, -1},
		unix.SYS_PWRITEV2:        {"pwritev2", space, 0, -1},
		unix.SYS_SENDFILE:        {"sendfile", space, 0, -1},
		unix.SYS_SPLICE:          {"splice", space, 2, -1},
		unix.SYS_COPY_FILE_RANGE: {"copy_file_range", space, 2, -1},
		unix.SYS_IOCTL:           {"ioctl", space, 0, -1},
		unix.SYS_FALLOCATE:       {"fallocate", space, 0, -1},
		unix.SYS_FTRUNCATE:       {"ftruncate", device, 0, -1},
		unix.SYS_TRUNCATE:        {"truncate", device, -1, 0},
		unix.SYS_FSYNC:           {"fsync", space, 0, -1},
		unix.SYS_FDATASYNC:       {"fdatasync", space, 0, -1},
		unix.SYS_SYNCFS:          {"syncfs", space, 0, -1},
		unix.SYS_SYNC_FILE_RANGE: {"sync_file_range", device, 0, -1},
		unix.SYS_RENAMEAT:        {"renameat", space, -1, 3},
		unix.SYS_RENAMEAT2:       {"renameat2", space, -1, 3},
		unix.SYS_LINKAT:          {"linkat", space, -1, 3},
		unix.SYS_SYMLINKAT:       {"symlinkat", space, -1, 2},
		unix.SYS_UNLINKAT:        {"unlinkat", device, -1, 1},
		unix.SYS_MKDIRAT:         {"mkdirat", space, -1, 1},
		unix.SYS_MKNODAT:         {"mknodat", space, -1, 1},
		unix.SYS_FCHMOD:          {"fchmod", device, 0, -1},
		unix.SYS_FCHMODAT:        {"fchmodat", device, -1, 1},
		unix.SYS_FCHMODAT2:       {"fchmodat2", device, -1, 1},
		unix.SYS_FCHOWN:          {"fchown", device, 0, -1},
		unix.SYS_FCHOWNAT:        {"fchownat", device, -1, 1},
		unix.SYS_UTIMENSAT:       {"utimensat", device, -1, 1},
		unix.SYS_SETXATTR:        {"setxattr", space, -1, 0},
		unix.SYS_LSETXATTR:       {"lsetxattr", space, -1, 0},
		unix.SYS_FSETXATTR:       {"fsetxattr", space, 0, -1},
		unix.SYS_REMOVEXATTR:     {"removexattr", device, -1, 0},
		unix.SYS_LREMOVEXATTR:    {"lremovexattr", device, -1, 0},
		unix.SYS_FREMOVEXATTR:    {"fremovexattr", device, 0, -1},
		unix.SYS_FLOCK:           {"flock", nothing, 0, -1},
	}
	maps.Copy(table, oldCalls())
	return table
})
