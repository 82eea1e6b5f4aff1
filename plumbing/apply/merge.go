// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"reflect"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/node"
)

// mergeNode brings what live and target changed since base together, in
// content line by line, in metadata each aspect by itself. It returns nil for a
// conflict, and where the three are not all small files. Content that both
// changed is given to text.
func mergeNode(base, live, target *node.Node, text func(base, live, target chunkstore.ID) (chunkstore.ID, bool, error)) (*node.Node, error) {
	for _, n := range []*node.Node{base, live, target} {
		if n == nil || n.Type != node.File || n.Large || n.Link != "" {
			return nil, nil
		}
	}
	merged := *target
	ok := pick(base.Perm, live.Perm, &merged.Perm) &&
		pick(base.Owner, live.Owner, &merged.Owner) &&
		pick(base.Group, live.Group, &merged.Group) &&
		pick(base.Xattrs, live.Xattrs, &merged.Xattrs)
	if !ok {
		return nil, nil
	}
	if pick(base.Content, live.Content, &merged.Content) {
		if merged.Content != target.Content && merged.Mtime != nil {
			merged.Mtime = live.Mtime
		}
		return &merged, nil
	}
	id, ok, err := text(base.Content, live.Content, target.Content)
	if err != nil || !ok {
		return nil, err
	}
	merged.Content, merged.Mtime = id, nil // of neither's time
	return &merged, nil
}

// pick sets what was the target's to what it is when one of the two sides has
// changed it, or both in the same way. Else it returns false.
func pick[T any](base, live T, target *T) bool {
	switch {
	case reflect.DeepEqual(live, base), reflect.DeepEqual(live, *target):
		return true
	case reflect.DeepEqual(*target, base):
		*target = live
		return true
	}
	return false
}
