// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"slices"

	"github.com/git-devops/git-devops/plumbing/node"
)

// ThreeWay merges what somebody here and the target have made of base, aspect
// by aspect: what only one has changed is as that one has it. The three must
// be of one type; ok is false when they are not, or when both have changed an
// aspect to different things. Content that both have changed is not a
// conflict yet: then content is true, and it is for the caller to merge it. The
// mtime is that of whose content it is, none for content of neither.
func ThreeWay(base, live, target *node.Node) (merged *node.Node, content, ok bool) {
	if base == nil || target == nil || live == nil || base.Type != target.Type || base.Type != live.Type {
		return nil, false, false
	}
	m := *target
	ok = pick(&m.Perm, base.Perm, live.Perm) && pick(&m.Owner, base.Owner, live.Owner) &&
		pick(&m.Group, base.Group, live.Group) && pick(&m.Device, base.Device, live.Device) &&
		pick(&m.Link, base.Link, live.Link) && pickXattrs(&m, base, live)
	switch {
	case live.Content == base.Content || live.Content == target.Content:
	case target.Content == base.Content:
		m.Content, m.Large = live.Content, live.Large
		if m.Mtime != nil {
			m.Mtime = live.Mtime
		}
	default:
		m.Mtime, content = nil, true
	}
	return &m, content, ok
}

// pick merges one aspect into what the target has, and says whether it can.
func pick[T comparable](target *T, base, live T) bool {
	if live == base || live == *target {
		return true
	}
	if *target != base {
		return false
	}
	*target = live
	return true
}

func pickXattrs(target, base, live *node.Node) bool {
	if slices.Equal(live.Xattrs, base.Xattrs) || slices.Equal(live.Xattrs, target.Xattrs) {
		return true
	}
	if !slices.Equal(target.Xattrs, base.Xattrs) {
		return false
	}
	target.Xattrs = live.Xattrs
	return true
}
