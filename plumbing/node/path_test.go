// SPDX-License-Identifier: Apache-2.0

package node

import "testing"

func TestSplitAndJoinPath(t *testing.T) {
	for path, want := range map[string][2]string{
		".": {".", "."}, "a": {".", "a"}, "a/b": {"a", "b"}, "a/b/c": {"a/b", "c"},
	} {
		dir, name := SplitPath(path)
		if got := [2]string{dir, name}; got != want || JoinPath(dir, name) != path || Parent(path) != dir {
			t.Errorf("%q is %q, which is %q", path, got, JoinPath(dir, name))
		}
	}
	if got := JoinPath("a/b", RootPath); got != "a/b" {
		t.Errorf("a directory itself is %q", got)
	}
}

func TestWithin(t *testing.T) {
	tests := []struct {
		path, dir string
		want      bool
	}{
		{"a", ".", true}, {".", ".", true}, {".", "a", false},
		{"a/b", "a/b", true}, {"a/b/c", "a/b", true}, {"a/bc", "a/b", false}, {"a", "a/b", false},
	}
	for _, tt := range tests {
		if got := Within(tt.path, tt.dir); got != tt.want {
			t.Errorf("%q within %q: %v", tt.path, tt.dir, got)
		}
	}
}
