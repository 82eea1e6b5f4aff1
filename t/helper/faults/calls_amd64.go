// SPDX-License-Identifier: Apache-2.0

package main

import "golang.org/x/sys/unix"

const auditArch = unix.AUDIT_ARCH_X86_64

// oldCalls are those that newer machines do not have.
func oldCalls() map[int]call {
	return map[int]call{
		unix.SYS_OPEN:    {"open", space, -1, 0},
		unix.SYS_CREAT:   {"creat", space, -1, 0},
		unix.SYS_RENAME:  {"rename", space, -1, 1},
		unix.SYS_LINK:    {"link", space, -1, 1},
		unix.SYS_SYMLINK: {"symlink", space, -1, 1},
		unix.SYS_UNLINK:  {"unlink", device, -1, 0},
		unix.SYS_MKNOD:   {"mknod", space, -1, 0},
		unix.SYS_MKDIR:   {"mkdir", space, -1, 0},
		unix.SYS_RMDIR:   {"rmdir", device, -1, 0},
		unix.SYS_CHMOD:   {"chmod", device, -1, 0},
		unix.SYS_CHOWN:   {"chown", device, -1, 0},
		unix.SYS_LCHOWN:  {"lchown", device, -1, 0},
	}
}
