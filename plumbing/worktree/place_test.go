// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckPath(t *testing.T) {
	good := []string{"a", "a/b", ".gitattributes", ".gitmodules", ".gi", "a.git", "git~10", "..a", "a..", "a b", "\n", "-", "a\\b", ".devops/config", "\xff", "git", ".git2", "git~2", "...", "x/.gitx/y"}
	bad := []string{"", ".", "..", "/", "/a", "a/", "a//b", "./a", "a/.", "a/./b", "../a", "a/../b", "a/..", "a\x00b",
		".git", ".GIT", ".Git/config", "a/.git", "a/.git/hooks/post-checkout", "git~1", "GIT~1/config", "a/git~1"}
	for _, p := range good {
		if err := checkPath(p); err != nil {
			t.Errorf("%q: %v", p, err)
		}
	}
	for _, p := range bad {
		var e *BadPathError
		if err := checkPath(p); !errors.As(err, &e) || e.Path != p {
			t.Errorf("%q: %v, want a *BadPathError", p, err)
		}
	}
}

func FuzzCheckPath(f *testing.F) {
	for _, p := range []string{"a", "a/b", "../a", "/", ".git/x", "a/../../b", "a\x00"} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, p string) {
		if checkPath(p) != nil {
			return
		}
		joined := filepath.Join("/top", p)
		if !filepath.IsLocal(p) || joined != "/top/"+p || strings.Contains(strings.ToLower("/"+p+"/"), "/.git/") {
			t.Errorf("%q leads to %q", p, joined)
		}
	})
}

func TestCheckParents(t *testing.T) {
	dir := newDir(t)
	w := open(t, dir)
	outside := t.TempDir()
	must(t, os.Symlink(outside, filepath.Join(dir, "out")))
	must(t, os.Mkdir(filepath.Join(dir, "real"), 0o777))
	must(t, os.Symlink("real", filepath.Join(dir, "in")))
	write(t, filepath.Join(dir, "file"), nil)
	root, err := w.root()
	must(t, err)
	defer root.Close()
	for _, p := range []string{"a", "real/a", "new/dir/a"} {
		if err := checkParents(root, p); err != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
	if fi, err := os.Stat(filepath.Join(dir, "new/dir")); err != nil || !fi.IsDir() {
		t.Errorf("not made: %v", err)
	}
	for _, p := range []string{"out/a", "in/a", "real/../out/a", "out/new/a", "file/a", "real/new/../../out/a"} {
		if checkPath(p) == nil && checkParents(root, p) == nil {
			t.Errorf("%s: no error", p)
		}
	}
	if left, _ := os.ReadDir(outside); len(left) > 0 {
		t.Errorf("made outside: %v", left)
	}
}
