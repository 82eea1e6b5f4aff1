// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"strings"

	"github.com/git-devops/git-devops/plumbing/node"
)

// The longest name and path that Linux takes, in bytes.
const (
	maxName = 255
	maxPath = 4095
)

// checkPath refuses what is not a clean path below the root.
func checkPath(path string) error {
	why := ""
	switch {
	case path == node.RootPath:
		return nil
	case path == "":
		why = "empty"
	case len(path) > maxPath:
		why = "too long"
	case strings.IndexByte(path, 0) >= 0:
		why = "contains NUL"
	default:
		why = badComponent(path)
	}
	if why == "" {
		return nil
	}
	return &BadPathError{Path: path, Why: why}
}

// badComponent says what is wrong with one of path's names, "" for nothing.
func badComponent(path string) string {
	for rest, more := path, true; more; {
		var name string
		name, rest, more = strings.Cut(rest, "/")
		switch {
		case name == "":
			return "not clean or not relative"
		case name == "." || name == "..":
			return "contains " + name
		case len(name) > maxName:
			return "a name is too long"
		}
	}
	return ""
}

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
