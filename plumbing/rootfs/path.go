// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"strings"

	"github.com/git-devops/git-devops/plumbing/node"
)

// split cuts a path into the directory and the name in it.
func split(path string) (dir, name string) {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i], path[i+1:]
	}
	return node.RootPath, path
}

// join is the opposite of split.
func join(dir, name string) string {
	switch {
	case dir == node.RootPath:
		return name
	case name == node.RootPath:
		return dir
	}
	return dir + "/" + name
}
