// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"math/bits"
	"slices"

	"github.com/git-devops/git-devops/plumbing/node"
)

// canSet says that what is live can be changed in place: in one call, because
// between two it would be neither old nor new. A large file is not copied for
// that.
func (d *decision) canSet(a node.Aspect) bool {
	if d.Shared || a&^node.Metadata != 0 {
		return false
	}
	return d.to.Large || calls(d.to, d.live, a) <= 1
}

// calls counts the system calls that change metadata. One changes both owners;
// others follow it where it clears something.
func calls(to, live *node.Node, a node.Aspect) int {
	n := bits.OnesCount16(uint16(a &^ (node.AspectOwner | node.AspectGroup | node.AspectXattrs)))
	if a&(node.AspectOwner|node.AspectGroup) != 0 {
		n++
		if to.Perm&0o6000 != 0 || hasCapability(to) {
			n++
		}
	}
	return n + changedXattrs(to.Xattrs, live.Xattrs)
}

func hasCapability(n *node.Node) bool {
	return slices.ContainsFunc(n.Xattrs, func(x node.Xattr) bool { return x.Name == node.XattrCapability })
}

// changedXattrs counts the names that are set or removed.
func changedXattrs(to, live []node.Xattr) int {
	n := 0
	for _, x := range to {
		if !slices.Contains(live, x) {
			n++
		}
	}
	for _, x := range live {
		if !slices.ContainsFunc(to, func(y node.Xattr) bool { return x.Name == y.Name }) {
			n++
		}
	}
	return n
}
