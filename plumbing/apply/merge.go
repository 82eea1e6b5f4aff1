// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/plan"
)

// mergeNode is plan.ThreeWay for small files of one name, and gives content
// that both sides have changed to text. It returns nil for a conflict, and
// where the three are not all such files.
func mergeNode(base, live, target *node.Node, text func(base, live, target chunkstore.ID) (chunkstore.ID, bool, error)) (*node.Node, error) {
	for _, n := range []*node.Node{base, live, target} {
		if n == nil || n.Type != node.File || n.Large || n.Link != "" {
			return nil, nil
		}
	}
	merged, content, ok := plan.ThreeWay(base, live, target)
	if ok && content {
		var err error
		merged.Content, ok, err = text(base.Content, live.Content, target.Content)
		if err != nil {
			return nil, err
		}
	}
	if !ok {
		return nil, nil
	}
	return merged, nil
}
