// SPDX-License-Identifier: Apache-2.0

package node

import (
	"fmt"
	"strings"
)

// The longest name and path that Linux takes, in bytes.
const (
	MaxName = 255
	MaxPath = 4095
)

// A BadPathError says that a path must not be managed.
type BadPathError struct{ Path, Why string }

func (e *BadPathError) Error() string { return fmt.Sprintf("bad path %q: %s", e.Path, e.Why) }

// CheckPath refuses, with a *BadPathError, what is not a clean path below the
// root, what Linux does not take, and what git's checks refuse as a name of a
// repository. The root itself is RootPath.
func CheckPath(path string) error {
	switch {
	case path == RootPath:
		return nil
	case len(path) > MaxPath:
		return &BadPathError{path, "longer than 4095 bytes"}
	}
	for name := range strings.SplitSeq(path, "/") {
		if why := badName(name); why != "" {
			return &BadPathError{path, why}
		}
	}
	return nil
}

// badName says why name can be no step of a path, "" when it can.
func badName(name string) string {
	switch {
	case name == "":
		return "not clean, or not relative"
	case name == ".", name == "..":
		return "has a step " + name
	case len(name) > MaxName:
		return "has a name longer than 255 bytes"
	case strings.IndexByte(name, 0) >= 0:
		return "has a NUL"
	case mayBeDotGit(name):
		return "has a name of git's own"
	}
	return ""
}

// IsControl tells whether a path of a tree is for git and this program, and so
// never lies on a root.
func IsControl(path string) bool {
	top, _, _ := strings.Cut(path, "/")
	return top == ".devops" || path == ".gitattributes" || path == ".gitignore"
}

// mayBeDotGit tells whether some file system takes name for ".git". The rules
// are those of git fsck, so that what git lets through is let through here.
func mayBeDotGit(name string) bool {
	if !strings.ContainsAny(name, "gG") {
		return false
	}
	if hfsDotGit(name) {
		return true
	}
	for part := range strings.SplitSeq(name, `\`) { // Windows' separator
		if ntfsDotGit(part) {
			return true
		}
	}
	return false
}

// ntfsDotGit knows the short name, alternate data streams, and that NTFS drops
// dots and blanks at the end.
func ntfsDotGit(name string) bool {
	name, _, _ = strings.Cut(name, ":")
	name = strings.TrimRight(name, ". ")
	return strings.EqualFold(name, ".git") || strings.EqualFold(name, "git~1")
}

// hfsDotGit knows that HFS+ drops code points that are not seen.
func hfsDotGit(name string) bool {
	return strings.EqualFold(strings.Map(dropIgnorable, name), ".git")
}

func dropIgnorable(r rune) rune {
	switch {
	case r >= 0x200c && r <= 0x200f, r >= 0x202a && r <= 0x202e,
		r >= 0x206a && r <= 0x206f, r == 0xfeff:
		return -1
	}
	return r
}
