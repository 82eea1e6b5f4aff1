// SPDX-License-Identifier: Apache-2.0

package repo

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// runGit runs the real git without the person's configuration.
func runGit(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := gitCommand(dir, args...).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("git %v: %v: %s", args, err, exit.Stderr)
		}
		t.Fatalf("git %v: %v", args, err)
	}
	return string(out)
}

func gitCommand(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
	cmd.Env = append(os.Environ(),
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "LC_ALL=C",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.org",
		"GIT_COMMITTER_NAME=C", "GIT_COMMITTER_EMAIL=c@example.org")
	return cmd
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

func mustOpen(t *testing.T, o Options) *Repo {
	t.Helper()
	r, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// newRepo makes an empty repository and opens it.
func newRepo(t *testing.T) *Repo {
	t.Helper()
	dir := realDir(t)
	runGit(t, dir, "init", "-q", "-b", "main")
	return mustOpen(t, Options{Dir: dir})
}

// newCommit makes a repository with one commit of a small tree.
func newCommit(t *testing.T) *Repo {
	t.Helper()
	r := newRepo(t)
	write(t, r.WorkTree()+"/a", "alpha\n")
	write(t, r.WorkTree()+"/dir/b", "beta\n")
	write(t, r.WorkTree()+"/dir/sub/c", "gamma\n")
	runGit(t, r.WorkTree(), "add", ".")
	runGit(t, r.WorkTree(), "commit", "-q", "-m", "first")
	return r
}

func realDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestOpenFindsPaths(t *testing.T) {
	main := newCommit(t)
	top := main.WorkTree()
	linked := filepath.Join(realDir(t), "linked")
	runGit(t, top, "worktree", "add", "-q", linked)
	bare := filepath.Join(realDir(t), "bare.git")
	runGit(t, top, "init", "-q", "--bare", bare)
	git := filepath.Join(top, ".git")
	linkedGit := filepath.Join(git, "worktrees", "linked")

	type paths struct{ git, common, work, index string }
	cases := []struct {
		name string
		o    Options
		want paths
	}{
		{"top", Options{Dir: top}, paths{git, git, top, git + "/index"}},
		{"below", Options{Dir: top + "/dir/sub"}, paths{git, git, top, git + "/index"}},
		{"linked work tree", Options{Dir: linked}, paths{linkedGit, git, linked, linkedGit + "/index"}},
		{"bare", Options{Dir: bare}, paths{bare, bare, "", bare + "/index"}},
		{"GIT_DIR", Options{Dir: top, GitDir: ".git"}, paths{git, git, top, git + "/index"}},
		{"GIT_DIR takes the current directory", Options{Dir: top + "/dir", GitDir: "../.git"}, paths{git, git, top + "/dir", git + "/index"}},
		{"GIT_DIR of a linked work tree", Options{Dir: linked, GitDir: linkedGit}, paths{linkedGit, git, linked, linkedGit + "/index"}},
		{"GIT_WORK_TREE", Options{Dir: top, GitDir: bare, WorkTree: "dir"}, paths{bare, bare, top + "/dir", bare + "/index"}},
		{"GIT_INDEX_FILE", Options{Dir: top + "/dir", IndexFile: ".git/other"}, paths{git, git, top, git + "/other"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := mustOpen(t, c.o)
			got := paths{r.GitDir(), r.CommonDir(), r.WorkTree(), r.IndexFile()}
			if got != c.want {
				t.Errorf("got %+v\nwant %+v", got, c.want)
			}
			if want := r.CommonDir() + "/objects"; r.ObjectsDir() != want {
				t.Errorf("objects in %s, want %s", r.ObjectsDir(), want)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	withConfig := func(settings ...string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			runGit(t, dir, "init", "-q")
			for i := 0; i < len(settings); i += 2 {
				runGit(t, dir, "config", settings[i], settings[i+1])
			}
		}
	}
	cases := []struct {
		name  string
		setup func(t *testing.T, dir string)
		want  error
		says  string
	}{
		{"no repository", func(*testing.T, string) {}, ErrNotRepository, ""},
		{"sha256", func(t *testing.T, dir string) {
			runGit(t, dir, "init", "-q", "--object-format=sha256")
		}, ErrUnsupported, "sha256"},
		{"newer version", withConfig("core.repositoryformatversion", "2"), ErrUnsupported, "version 2"},
		{"unknown extension", withConfig("core.repositoryformatversion", "1", "extensions.refstorage", "reftable"),
			ErrUnsupported, "refstorage"},
		{"another's", func(t *testing.T, dir string) {
			withConfig()(t, dir)
			if os.Getuid() != 0 {
				t.Skip("needs root")
			}
			for _, path := range []string{dir, dir + "/.git"} {
				if err := os.Chown(path, 12345, 12345); err != nil {
					t.Fatal(err)
				}
			}
		}, ErrOwnership, "safe.directory"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := realDir(t)
			c.setup(t, dir)
			r, err := Open(Options{Dir: dir})
			if err == nil {
				r.Close()
			}
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %v with %q", err, c.want, c.says)
			}
			if c.want == ErrOwnership {
				mustOpen(t, Options{Dir: dir, GitDir: ".git"})
			}
		})
	}
	if _, err := Open(Options{Dir: "/does/not/exist"}); !errors.Is(err, ErrNotRepository) {
		t.Errorf("absent directory: %v", err)
	}
}

func TestOpenAcceptsExtensions(t *testing.T) {
	r := newCommit(t)
	top := r.WorkTree()
	runGit(t, top, "config", "core.repositoryformatversion", "1")
	runGit(t, top, "config", "extensions.objectformat", "sha1")
	runGit(t, top, "config", "extensions.worktreeConfig", "true")
	runGit(t, top, "config", "--worktree", "devops.example", "here")
	value, ok, err := mustOpen(t, Options{Dir: top}).Config("devops.example")
	if value != "here" || !ok || err != nil {
		t.Errorf("work tree's configuration: %q %v %v", value, ok, err)
	}
}

func TestConfig(t *testing.T) {
	r := newRepo(t)
	for key, value := range map[string]string{"devops.s": "text", "devops.n": "2m", "devops.b": "on"} {
		runGit(t, r.WorkTree(), "config", key, value)
	}
	if s, ok, err := r.Config("devops.s"); s != "text" || !ok || err != nil {
		t.Errorf("string: %q %v %v", s, ok, err)
	}
	if s, ok, err := r.Config("devops.absent"); s != "" || ok || err != nil {
		t.Errorf("absent string: %q %v %v", s, ok, err)
	}
	if n, err := r.ConfigInt("devops.n", 1); n != 2<<20 || err != nil {
		t.Errorf("number: %d %v", n, err)
	}
	if n, err := r.ConfigInt("devops.absent", 7); n != 7 || err != nil {
		t.Errorf("absent number: %d %v", n, err)
	}
	if n, err := r.ConfigInt("devops.s", 7); n != 7 || err == nil {
		t.Errorf("text as a number: %d %v", n, err)
	}
	if b, err := r.ConfigBool("devops.b", false); !b || err != nil {
		t.Errorf("boolean: %v %v", b, err)
	}
	if b, err := r.ConfigBool("devops.absent", true); !b || err != nil {
		t.Errorf("absent boolean: %v %v", b, err)
	}
}

func mustBytes(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(data)
}
