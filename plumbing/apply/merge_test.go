// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/node"
)

// edited is a file of content 1 with changes.
func edited(edits ...func(*node.Node)) *node.Node {
	n := node.Default(node.File, false)
	n.Content = content(1)
	for _, edit := range edits {
		edit(&n)
	}
	return &n
}

func content(b byte) (id chunkstore.ID) {
	id[0] = b
	return id
}

func holds(b byte) func(*node.Node)       { return func(n *node.Node) { n.Content = content(b) } }
func perm(p uint32) func(*node.Node)      { return func(n *node.Node) { n.Perm = p } }
func owner(name string) func(*node.Node)  { return func(n *node.Node) { n.Owner = name } }
func ofType(t node.Type) func(*node.Node) { return func(n *node.Node) { n.Type = t } }
func at(sec int64) func(*node.Node)       { return func(n *node.Node) { n.Mtime = &node.Mtime{Sec: sec} } }
func large(n *node.Node)                  { n.Large = true }

func TestMergeNode(t *testing.T) {
	tests := []struct {
		name               string
		base, live, target *node.Node
		want               *node.Node
	}{
		{"each another aspect", edited(), edited(perm(0o600)), edited(owner("www")), edited(perm(0o600), owner("www"))},
		{"the same", edited(), edited(perm(0o600)), edited(perm(0o600)), edited(perm(0o600))},
		{"both the mode", edited(), edited(perm(0o600)), edited(perm(0o640)), nil},
		{"content and mode", edited(), edited(holds(2)), edited(perm(0o600)), edited(holds(2), perm(0o600))},
		{"both the content", edited(), edited(holds(2)), edited(holds(3)), edited(holds(23))},
		{"both the content, a conflict", edited(), edited(holds(2)), edited(holds(9)), nil},
		{"the mtime of live content", edited(at(1)), edited(holds(2), at(2)), edited(at(1)), edited(holds(2), at(2))},
		{"the mtime of the same content", edited(at(1)), edited(holds(2), at(3)), edited(holds(2), at(2)), edited(holds(2), at(2))},
		{"no mtime of merged content", edited(at(1)), edited(holds(2), at(2)), edited(holds(3), at(3)), edited(holds(23))},
		{"no base", nil, edited(holds(2)), edited(holds(3)), nil},
		{"gone", edited(), nil, edited(holds(3)), nil},
		{"type", edited(), edited(ofType(node.Fifo)), edited(holds(3)), nil},
		{"large", edited(large), edited(large, holds(2)), edited(large, holds(3)), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := mergeNode(tt.base, tt.live, tt.target, func(base, live, target chunkstore.ID) (chunkstore.ID, bool, error) {
				return content(10*live[0] + target[0]), target[0] != 9, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMergeNodePassesErrorsOn(t *testing.T) {
	failed := errors.New("unreadable")
	_, err := mergeNode(edited(), edited(holds(2)), edited(holds(3)),
		func(chunkstore.ID, chunkstore.ID, chunkstore.ID) (chunkstore.ID, bool, error) {
			return chunkstore.ID{}, false, failed
		})
	if !errors.Is(err, failed) {
		t.Errorf("error = %v", err)
	}
}
