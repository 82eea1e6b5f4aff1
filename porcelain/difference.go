// SPDX-License-Identifier: Apache-2.0

package porcelain

import "github.com/git-devops/git-devops/plumbing/node"

// The letters that tell how a path differs from what was before, as git status
// has them, but for Metadata.
const (
	Same     = ' '
	Modified = 'M' // in content, whatever else
	Metadata = 'm' // in owner, mode and the like alone
	Retyped  = 'T'
	Deleted  = 'D'
	Added    = 'A'
	Unmerged = 'U' // changed on both sides, and not brought together
)

// Forgotten stands for what is not managed any more, and stays.
const Forgotten byte = 'F'

// Letter tells how after, nil for nothing, differs from before.
func Letter(before, after *node.Node, a node.Aspect) byte {
	switch {
	case a == 0:
		return Same
	case before == nil:
		return Added
	case after == nil:
		return Deleted
	case a&node.AspectType != 0:
		return Retyped
	case a&^node.Metadata != 0:
		return Modified
	}
	return Metadata
}
