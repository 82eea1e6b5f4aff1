// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/live"
	"github.com/git-devops/git-devops/plumbing/node"
)

// remember tells the stat cache what was read: the next look need not read it
// again.
func (r *run) remember(old, tree chunkstore.ID) {
	if r.Cache == "" || tree.IsZero() || old.IsZero() && !r.first() {
		return
	}
	s := live.Scanner{Root: r.Root, Names: r.Names, Cache: r.Cache}
	_ = s.Remember(live.Change{
		From: old, To: tree, Since: r.since, Read: r.memories,
		Within: func(path string) bool { return withinAny(path, r.named) },
	})
}

// first tells whether nothing was managed before.
func (r *run) first() bool {
	for i := range r.index.Entries {
		if !node.IsControl(r.index.Entries[i].Path) {
			return false
		}
	}
	return r.spec.Len() == 0
}

func (r *run) memories(yield func(live.Memory) bool) {
	for i := range r.todo {
		c := &r.todo[i]
		m := live.Memory{Path: c.path, ID: c.id, Content: c.content, Large: c.large, Xattrs: c.xattrs, Mtime: r.Mtimes}
		if !yield(m) {
			return
		}
	}
}
