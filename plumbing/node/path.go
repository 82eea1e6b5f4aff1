// SPDX-License-Identifier: Apache-2.0

package node

import "strings"

// RootPath is the path of the root itself. All other paths are relative to it,
// slash-separated and clean.
const RootPath = "."

// ComparePaths orders paths as a walk meets them: a directory comes right
// before what is in it, names are compared byte by byte.
func ComparePaths(a, b string) int {
	switch {
	case a == b:
		return 0
	case a == RootPath:
		return -1
	case b == RootPath:
		return 1
	}
	n := min(len(a), len(b))
	for i := 0; i < n; i++ {
		if a[i] == b[i] {
			continue
		}
		if a[i] == '/' {
			return -1
		}
		if b[i] == '/' {
			return 1
		}
		return int(a[i]) - int(b[i])
	}
	return len(a) - len(b)
}

// Parent returns the directory that a path is in, RootPath at the top.
func Parent(path string) string {
	dir, _ := SplitPath(path)
	return dir
}

// SplitPath cuts a path into the directory, RootPath at the top, and the name
// in it.
func SplitPath(path string) (dir, name string) {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i], path[i+1:]
	}
	return RootPath, path
}

// JoinPath is the opposite of SplitPath.
func JoinPath(dir, name string) string {
	switch {
	case dir == RootPath:
		return name
	case name == RootPath:
		return dir
	}
	return dir + "/" + name
}

// Within says whether a path is dir or below it.
func Within(path, dir string) bool {
	return dir == RootPath || strings.HasPrefix(path, dir) && (len(path) == len(dir) || path[len(dir)] == '/')
}
