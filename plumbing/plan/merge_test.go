// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/plumbing/node"
)

func TestThreeWay(t *testing.T) {
	xattrs := func(value string) *node.Node {
		return with(f, func(n *node.Node) { n.Xattrs = []node.Xattr{{Name: "user.a", Value: value}} })
	}
	group := with(g, func(n *node.Node) { n.Group = "adm" })
	at := func(n *node.Node, sec int64) *node.Node {
		return with(n, func(n *node.Node) { n.Mtime = &node.Mtime{Sec: sec} })
	}
	tests := []struct {
		name               string
		base, target, live *node.Node
		want               *node.Node
		content, ok        bool
	}{
		{"content there, metadata here", f, g, private, with(private, func(n *node.Node) { n.Content = g.Content }), false, true},
		{"content here, metadata there", f, private, group, with(private, func(n *node.Node) { n.Content, n.Group = g.Content, "adm" }), false, true},
		{"content on both sides", f, g, file(4), g, true, true},
		{"the same on both sides", f, g, g, g, false, true},
		{"the mtime of content here", at(f, 1), at(f, 1), at(g, 2), at(g, 2), false, true},
		{"the mtime of content there", at(f, 1), at(g, 2), at(f, 3), at(g, 2), false, true},
		{"the mtime of the same content", at(f, 1), at(g, 2), at(g, 3), at(g, 2), false, true},
		{"no mtime of content on both sides", at(f, 1), at(g, 2), at(file(4), 3), g, true, true},
		{"an mtime that is not recorded", f, f, at(g, 2), g, false, true},
		{"xattrs here", f, g, xattrs("1"), with(g, func(n *node.Node) { n.Xattrs = xattrs("1").Xattrs }), false, true},
		{"xattrs on both sides", f, xattrs("1"), xattrs("2"), nil, false, false},
		{"owners on both sides", f, private, with(f, func(n *node.Node) { n.Owner = "adm" }), nil, false, false},
		{"another type here", f, g, dir, nil, false, false},
		{"gone here", f, g, nil, nil, false, false},
		{"new on both sides", nil, g, f, nil, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, content, ok := ThreeWay(tt.base, tt.live, tt.target)
			if content != tt.content || ok != tt.ok {
				t.Errorf("content is %v, ok is %v", content, ok)
			}
			if diff := cmp.Diff(tt.want, got); ok && diff != "" {
				t.Errorf("the node differs (-want +got):\n%s", diff)
			}
		})
	}
}
