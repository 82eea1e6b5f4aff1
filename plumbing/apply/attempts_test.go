// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"testing"

	"github.com/git-devops/git-devops/plumbing/node"
)

func TestLeft(t *testing.T) {
	base := edited()
	private := func(n *node.Node) { n.Perm = 0o600 }
	owned := func(n *node.Node) { n.Owner = "www" }
	linked := func(n *node.Node) { n.Link = "first" }
	noted := func(n *node.Node) { n.Xattrs = []node.Xattr{{Name: "user.note", Value: "x"}} }
	changed := func(n *node.Node) { n.Content = content(2) }
	tests := []struct {
		name               string
		base, target, live *node.Node
		want               bool
	}{
		{"new", nil, base, base, true},
		{"gone", base, nil, nil, true},
		{"target", base, edited(changed, private), edited(changed, private), true},
		{"an owner of two changes", base, edited(owned, private), edited(owned), true},
		{"xattrs of three changes", base, edited(owned, private, noted), edited(owned, noted), true},
		{"a name that waits for its turn", edited(linked), edited(linked, changed), base, true},
		{"other content", base, edited(private), edited(changed), false},
		{"content of one, metadata of the other", base, edited(changed, private), edited(changed), false},
		{"a mode of neither", base, edited(owned), edited(owned, private), false},
		{"an xattr of neither", base, edited(owned), edited(owned, noted), false},
		{"gone from elsewhere", base, edited(owned), nil, false},
		{"there from elsewhere", nil, nil, base, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := left(tt.base, tt.target, tt.live); got != tt.want {
				t.Errorf("left() = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestParseAttempts(t *testing.T) {
	const id = "8d0e29e5c6d3a0f6b8e7d1c2b3a495867f5e4d3c"
	for text, want := range map[string]int{
		"git-devops attempts 1\n":                        0,
		"git-devops attempts 1\n" + id + "\n" + id:       2,
		"git-devops attempts 2\n":                        -1,
		"git-devops attempts 1\nno id\n":                 -1,
		"git-devops attempts 1\n" + id + " " + id + "\n": -1,
		"": -1,
	} {
		ids, err := parseAttempts([]byte(text))
		if got := len(ids); err != nil && want != -1 || err == nil && got != want {
			t.Errorf("parseAttempts(%q) = %v, %v", text, ids, err)
		}
	}
}
