// SPDX-License-Identifier: Apache-2.0

package hook

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/git-devops/git-devops/plumbing/repo"
)

const script = "#!/bin/sh\nexec git-devops pre-push \"$@\"\n"

func of(t *testing.T, dir string) Hook {
	t.Helper()
	r, err := repo.Open(repo.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	h, err := Of(r, "pre-push", script)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func newRepo(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("git", "init", "-q", "--template=", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

func want(t *testing.T, h Hook, want State) {
	t.Helper()
	if got, err := h.State(); got != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestInstallAndRemove(t *testing.T) {
	h := of(t, newRepo(t))
	want(t, h, Absent)
	if err := h.Install(); err != nil {
		t.Fatal(err)
	}
	want(t, h, Ours)
	if info, err := os.Stat(h.Path); err != nil || info.Mode()&0o100 == 0 {
		t.Errorf("%v %v", info, err)
	}
	if err := h.Install(); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over one that is there: %v", err)
	}
	if left, err := os.ReadDir(h.spool); err != nil || len(left) > 0 {
		t.Errorf("left: %v %v", left, err)
	}
	if err := h.Remove(); err != nil {
		t.Fatal(err)
	}
	want(t, h, Absent)
}

func TestHooksOfOthers(t *testing.T) {
	cases := []struct {
		name, script string
		want         State
	}{
		{"someone's", "#!/bin/sh\nexit 0\n", Foreign},
		{"one that runs ours", "#!/bin/sh\nmake check || exit\ngit devops pre-push \"$@\"\n", Chained},
		{"by the other name", "#!/bin/sh\n\t/usr/bin/git-devops -v pre-push \"$1\" \"$2\"", Chained},
		{"in a comment", "#!/bin/sh\n# git devops pre-push\n", Foreign},
		{"nothing", "", Foreign},
	}
	h := of(t, newRepo(t))
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if err := os.MkdirAll(filepath.Dir(h.Path), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(h.Path, []byte(c.script), 0o777); err != nil {
				t.Fatal(err)
			}
			want(t, h, c.want)
		})
	}
}

func TestHooksPath(t *testing.T) {
	dir := newRepo(t)
	for value, path := range map[string]string{"shared": filepath.Join(dir, "shared", "pre-push"), "/etc/hooks": "/etc/hooks/pre-push"} {
		if out, err := exec.Command("git", "-C", dir, "config", "core.hooksPath", value).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if h := of(t, dir); h.Path != path || !h.Shared {
			t.Errorf("%s: %+v", value, h)
		}
	}
}
