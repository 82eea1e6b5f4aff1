// SPDX-License-Identifier: Apache-2.0

package replicate

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/plumbing/git"
)

// run runs git with nothing of the person's configuration.
func run(t *testing.T, dir string, args ...string) {
	t.Helper()
	c := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=x", "-c", "user.email=x@y"}, args...)...)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
}

// twoPeers returns an empty repository with the remotes a and b. Both have
// the branch main, and b has web, too.
func twoPeers(t *testing.T) git.Runner {
	t.Helper()
	top := t.TempDir()
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	here := filepath.Join(top, "here")
	run(t, top, "init", "-q", "-b", "main", here)
	for _, name := range []string{"a", "b"} {
		dir := filepath.Join(top, name)
		run(t, top, "init", "-q", "-b", "main", dir)
		run(t, dir, "commit", "-q", "--allow-empty", "-m", name)
		run(t, dir, "tag", "tag-"+name)
		run(t, here, "remote", "add", name, dir)
	}
	run(t, filepath.Join(top, "b"), "branch", "web")
	return git.Runner{Dir: here}
}

func TestFollowed(t *testing.T) {
	g := twoPeers(t)
	common := filepath.Join(g.Dir, ".git")
	unlock, err := Lock(common)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	f, err := Begin(t.Context(), g, common)
	if err != nil {
		t.Fatal(err)
	}
	for _, remote := range []string{"a", "b"} {
		if err := f.Branches(t.Context(), g, remote, 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.End(); err != nil {
		t.Fatal(err)
	}
	run(t, g.Dir, "rev-parse", "--verify", "tag-b")
	for _, tt := range []struct {
		name string
		do   [][]string
		want []string
	}{
		{"no commit, the branch is there", nil, []string{"refs/remotes/a/main", "refs/remotes/b/main"}},
		{"no commit, no such branch", [][]string{{"symbolic-ref", "HEAD", "refs/heads/x"}}, []string{"refs/remotes/a/main"}},
		{"no commit, with an upstream", [][]string{{"config", "branch.x.remote", "b"}, {"config", "branch.x.merge", "refs/heads/web"}}, []string{"refs/remotes/b/web"}},
		{"with an upstream of another name", [][]string{{"checkout", "-q", "-b", "mine", "--track", "b/web"}, {"commit", "-q", "--allow-empty", "-m", "more"}}, []string{"HEAD", "refs/remotes/b/web"}},
		{"the same branch, which has not moved", [][]string{{"checkout", "-q", "web"}}, []string{"HEAD"}},
		{"detached", [][]string{{"checkout", "-q", "--detach", "mine"}}, []string{"HEAD"}},
	} {
		for _, args := range tt.do {
			run(t, g.Dir, args...)
		}
		got, err := Followed(t.Context(), g, []string{"a", "b"})
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s, want -, got +:\n%s", tt.name, diff)
		}
	}
}

func TestFollowedOfNothing(t *testing.T) {
	if got, err := Followed(t.Context(), twoPeers(t), []string{"a"}); err != nil || got != nil {
		t.Errorf("got %q, %v", got, err)
	}
}
