// SPDX-License-Identifier: Apache-2.0

package node

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestDiff(t *testing.T) {
	base := Node{Type: File, Perm: 0o644, Owner: "root", Group: "root", Mtime: &Mtime{Sec: 1}}
	tests := []struct {
		name string
		edit func(n *Node)
		want Aspect
	}{
		{"nothing", func(*Node) {}, 0},
		{"type alone", func(n *Node) { n.Type, n.Perm = Fifo, 0 }, AspectType},
		{"content", func(n *Node) { n.Content[0] = 1 }, AspectContent},
		{"setuid", func(n *Node) { n.Perm |= 0o4000 }, AspectMode},
		{"owners", func(n *Node) { n.Owner, n.Group = "a", "b" }, AspectOwner | AspectGroup},
		{"mtime", func(n *Node) { n.Mtime = &Mtime{Sec: 1, Nsec: 1} }, AspectMtime},
		{"no mtime", func(n *Node) { n.Mtime = nil }, AspectMtime},
		{"xattrs", func(n *Node) { n.Xattrs = []Xattr{{"user.a", ""}} }, AspectXattrs},
		{"device", func(n *Node) { n.Device.Minor = 1 }, AspectDevice},
		{"link", func(n *Node) { n.Link = "a" }, AspectLink},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			live := base
			tt.edit(&live)
			if got := Diff(&base, &live); got != tt.want {
				t.Errorf("Diff = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestDiffOfNothing(t *testing.T) {
	if got := Diff(nil, nil); got != 0 {
		t.Errorf("Diff(nil, nil) = %v", got)
	}
	if got := Diff(&Node{}, nil); got != AspectType {
		t.Errorf("Diff(node, nil) = %v", got)
	}
}

func TestDiffLeavesOpen(t *testing.T) {
	want, live := Default(File, false), Default(File, false)
	live.Mtime = &Mtime{Sec: 7}
	if got := Diff(&want, &live); got != 0 {
		t.Errorf("Diff = %v, want nothing: no mtime is asked for", got)
	}
}

func TestComparePaths(t *testing.T) {
	sorted := []string{".", "a", "a/b", "a/b/c", "a/b-c", "a b", "a-b", "a.d", "a.d/x", "ab"}
	for i, a := range sorted {
		for j, b := range sorted {
			if got := ComparePaths(a, b); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("ComparePaths(%q, %q) = %d", a, b, got)
			}
		}
	}
	shuffled := slices.Clone(sorted)
	slices.Reverse(shuffled)
	slices.SortFunc(shuffled, ComparePaths)
	if !slices.Equal(shuffled, sorted) {
		t.Errorf("sorted: %q", shuffled)
	}
}

func TestParent(t *testing.T) {
	for path, want := range map[string]string{"a": ".", "a/b": "a", "a/b/c": "a/b"} {
		if got := Parent(path); got != want {
			t.Errorf("Parent(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestJSON(t *testing.T) {
	n := Default(File, true)
	n.Mtime = &Mtime{Sec: -1, Nsec: 5}
	n.Xattrs = []Xattr{{"user.a", "\x00"}}
	n.Content[0] = 0xab
	n.Link = "a/\xff"
	got, err := json.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"type":"file","mode":"0755","owner":"root","group":"root","mtime":"-1.000000005",` +
		`"xattrs":[{"name":"user.a","value":"AA=="}],"content":"ab00000000000000000000000000000000000000",` +
		`"link":{"base64":"YS//"}}`
	if string(got) != want {
		t.Errorf("JSON is\n%s, want\n%s", got, want)
	}
}

func TestJSONPath(t *testing.T) {
	for _, path := range []JSONPath{"a/b", "\xff", "<&>", ""} {
		data, err := json.Marshal(path)
		if err != nil {
			t.Fatal(err)
		}
		var got JSONPath
		if err := json.Unmarshal(data, &got); err != nil || got != path {
			t.Errorf("%q came back from %s as %q, %v", path, data, got, err)
		}
	}
}
