// SPDX-License-Identifier: Apache-2.0

package node

import (
	"errors"
	"strings"
	"testing"
)

func TestCheckPath(t *testing.T) {
	good := []string{
		".", "a", "a/b", ".gitignore", "x/.gitattributes", "etc/git", "git~2", "a\\b", ".github",
		`dev-disk-by\x2dlabel.mount`, "...", "..a", "a b", "a\nb", "\xff", "a:b", "digit",
		strings.Repeat("n", 255), strings.Repeat("a/", 2047) + "a",
	}
	bad := []string{
		"", "/", "/a", "a/", "a//b", "./a", "a/.", "..", "a/../b", "a\x00b",
		".git", "a/.git/config", ".GIT", ".git.", ".git ", ".git. .", "git~1", "GIT~1.", ".git:x", ".git::$INDEX_ALLOCATION",
		`.git\x`, `a\.git`, ".g\u200cit", "\ufeff.git", ".Gi\u206ft",
		strings.Repeat("n", 256), strings.Repeat("a/", 2048) + "a",
	}
	for _, path := range good {
		if err := CheckPath(path); err != nil {
			t.Errorf("CheckPath(%.40q) = %v", path, err)
		}
	}
	for _, path := range bad {
		var bad *BadPathError
		if err := CheckPath(path); !errors.As(err, &bad) || bad.Path != path {
			t.Errorf("CheckPath(%.40q) = %v", path, err)
		}
	}
}

func TestIsControl(t *testing.T) {
	for path, want := range map[string]bool{
		".devops": true, ".devops/mtree": true, ".gitattributes": true, ".gitignore": true,
		"a/.gitignore": false, "a/.devops/b": false, ".devopsx": false, "etc": false,
	} {
		if got := IsControl(path); got != want {
			t.Errorf("IsControl(%q) = %v", path, got)
		}
	}
}
