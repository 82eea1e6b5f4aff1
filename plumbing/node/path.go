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
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i]
	}
	return RootPath
}
