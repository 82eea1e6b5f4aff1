// SPDX-License-Identifier: Apache-2.0

package live

import (
	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/node"
)

// cachedNames are names without the lock that asking for them takes.
type cachedNames struct {
	names         Names
	users, groups map[uint32]string
}

func newCachedNames(n Names) cachedNames {
	return cachedNames{n, map[uint32]string{}, map[uint32]string{}}
}

func (c *cachedNames) owner(uid uint32) string {
	name, ok := c.users[uid]
	if !ok {
		name = c.names.Owner(uid)
		c.users[uid] = name
	}
	return name
}

func (c *cachedNames) group(gid uint32) string {
	name, ok := c.groups[gid]
	if !ok {
		name = c.names.Group(gid)
		c.groups[gid] = name
	}
	return name
}

// node returns what an lstat says of a node.
func (c *cachedNames) node(id *Identity) node.Node {
	n := id.Node()
	n.Owner, n.Group = c.owner(id.UID), c.group(id.GID)
	return n
}

// Node returns what an lstat says of a node: all but its owner and group, its
// content, extended attributes and links.
func (id *Identity) Node() node.Node {
	n := node.Node{
		Type:  node.TypeOf(id.Mode),
		Perm:  id.Mode & 0o7777,
		Mtime: &node.Mtime{Sec: id.Mtime.Sec, Nsec: id.Mtime.Nsec},
	}
	if n.Type == node.Char || n.Type == node.Block {
		n.Device = node.Device{Major: unix.Major(id.Rdev), Minor: unix.Minor(id.Rdev)}
	}
	return n
}
