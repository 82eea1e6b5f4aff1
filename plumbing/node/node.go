// SPDX-License-Identifier: Apache-2.0

package node

import (
	"fmt"

	"github.com/git-devops/git-devops/chunkstore"
)

// A Type is the kind of a file, as mtree(5) names it.
type Type string

// The types that a root's branch can hold. Sockets belong to the program that
// listens on them.
const (
	File    Type = "file"
	Dir     Type = "dir"
	Symlink Type = "link"
	Fifo    Type = "fifo"
	Char    Type = "char"
	Block   Type = "block"
)

// Socket is the type of what lies on a root and cannot be managed.
const Socket Type = "socket"

// The metadata of what .devops/mtree says nothing of.
const (
	DefaultOwner = "root"
	DefaultGroup = "root"

	FilePerm       = 0o644
	ExecutablePerm = 0o755
	DirPerm        = 0o755
	// SymlinkPerm is what Linux gives every symbolic link.
	SymlinkPerm = 0o777
)

// A Node is what is at one path. The path itself is not part of it: the same
// node may be at several.
type Node struct {
	Type Type
	// Perm is the permission bits with setuid, setgid and sticky (07777).
	Perm uint32
	// Owner and Group are names of the root's own passwd and group files, or
	// decimal ids that have no name there.
	Owner, Group string
	// Mtime is nil where it is not recorded; then any will do.
	Mtime *Mtime
	// Xattrs are sorted by name. ACLs and capabilities are among them.
	Xattrs []Xattr
	// Content is the git blob of a file's content, of its manifest when Large,
	// or of a symbolic link's target. Zero for the other types.
	Content chunkstore.ID
	Large   bool
	// Device is the number of a Char or Block.
	Device Device
	// Link is the path whose inode this file shares: the first of its names in
	// the order of ComparePaths. "" for that one, and for files with one name.
	Link string
	// Implied says of a directory that only the paths below it tell of it: its
	// metadata are the defaults, and a symbolic link to a directory will do.
	Implied bool
}

// Mtime is a modification time since 1970.
type Mtime struct {
	Sec  int64
	Nsec uint32
}

// An Xattr is an extended attribute with its value's bytes.
type Xattr struct{ Name, Value string }

// A Device is a device number.
type Device struct{ Major, Minor uint32 }

func (d Device) String() string { return fmt.Sprintf("%d,%d", d.Major, d.Minor) }

// Default returns the metadata of a node that .devops/mtree says nothing of,
// given its type and git's mode.
func Default(t Type, executable bool) Node {
	n := Node{Type: t, Perm: FilePerm, Owner: DefaultOwner, Group: DefaultGroup}
	switch {
	case t == Dir:
		n.Perm = DirPerm
	case t == Symlink:
		n.Perm = SymlinkPerm
	case executable:
		n.Perm = ExecutablePerm
	}
	return n
}
