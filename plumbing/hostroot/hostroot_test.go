// SPDX-License-Identifier: Apache-2.0

package hostroot

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/host"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/plumbing/worktree"
)

// A bed is a repository, and a directory that can be its root.
type bed struct {
	*testing.T
	env  []string
	dir  string
	root string
}

func newBed(t *testing.T) *bed {
	t.Helper()
	b := &bed{T: t, dir: filepath.Join(t.TempDir(), "repo"), root: t.TempDir()}
	b.env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b")
	b.git("init", "-q", "-b", "web", b.dir)
	b.write("etc/motd", "hello\n")
	return b
}

// host makes the repository that of a host.
func (b *bed) host() *bed {
	b.git("-C", b.dir, "config", host.RootKey, b.root)
	b.git("-C", b.dir, "config", host.TypeKey, "web")
	return b
}

func (b *bed) git(args ...string) string {
	b.Helper()
	cmd := exec.Command("git", args...)
	cmd.Env = b.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.Fatalf("git %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (b *bed) write(path, content string) {
	b.Helper()
	path = filepath.Join(b.root, path)
	b.must(os.MkdirAll(filepath.Dir(path), 0o755))
	b.must(os.WriteFile(path, []byte(content), 0o644))
}

func (b *bed) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// commit commits what is on the root.
func (b *bed) commit() chunkstore.ID {
	b.Helper()
	b.git("-C", b.dir, "--work-tree", b.root, "add", ".")
	b.git("-C", b.dir, "commit", "-q", "-m", "all")
	id, err := chunkstore.ParseID(b.git("-C", b.dir, "rev-parse", "HEAD"))
	b.must(err)
	return id
}

func (b *bed) open(root string) (*Opened, error) {
	b.Helper()
	w, err := worktree.Open(repo.Options{Dir: b.dir}, git.Runner{Dir: b.dir, Env: b.env})
	b.must(err)
	b.Cleanup(w.Close)
	o, err := Open(w, root)
	if err == nil {
		b.Cleanup(func() { b.must(o.Close()) })
	}
	return o, err
}

func TestOpenRefuses(t *testing.T) {
	tests := []struct {
		name string
		bed  func(b *bed) (root string)
		want error
	}{
		{"no host", func(*bed) string { return "" }, host.ErrNotHost},
		{"no host, another root", func(b *bed) string { return b.root }, host.ErrNotHost},
		{"no root", func(b *bed) string {
			b.host()
			b.must(os.RemoveAll(b.root))
			return ""
		}, fs.ErrNotExist},
		{"no other root", func(b *bed) string { return filepath.Join(b.host().root, "absent") }, fs.ErrNotExist},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBed(t)
			if _, err := b.open(test.bed(b)); !errors.Is(err, test.want) {
				t.Errorf("Open = %v, want %v", err, test.want)
			}
		})
	}
}

// The accounts of a root that cannot be read are an error, and the root is not
// left open.
func TestOpenWithBadAccounts(t *testing.T) {
	b := newBed(t).host()
	b.must(os.Mkdir(filepath.Join(b.root, "etc/passwd"), 0o755))
	before := descriptors(t)
	if _, err := b.open(""); err == nil {
		t.Fatal("Open accepts a passwd that is a directory")
	}
	if d := cmp.Diff(before, descriptors(t)); d != "" {
		t.Errorf("left open:\n%s", d)
	}
}

// descriptors returns the directories below the temporary one that are open.
func descriptors(t *testing.T) (open []string) {
	t.Helper()
	all, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range all {
		if to, err := os.Readlink(fd); err == nil && strings.Contains(to, t.Name()) {
			open = append(open, to)
		}
	}
	return open
}

func TestDifferences(t *testing.T) {
	b := newBed(t).host()
	commit := b.commit()
	b.write("etc/motd", "changed\n")
	other := t.TempDir()
	tests := []struct {
		name, root string
		want       map[string]node.Aspect
		cached     bool
	}{
		{"its root", "", map[string]node.Aspect{"etc/motd": node.AspectContent}, true},
		{"another", other, map[string]node.Aspect{"etc": node.AspectType, "etc/motd": node.AspectType}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cache := filepath.Join(b.dir, ".git/devops/statcache")
			_ = os.Remove(cache)
			o, err := b.open(test.root)
			if err != nil {
				t.Fatal(err)
			}
			got := differences(t, o, commit)
			if d := cmp.Diff(test.want, got); d != "" {
				t.Error(d)
			}
			// What another root looks like says nothing of the host's.
			if _, err := os.Stat(cache); (err == nil) != test.cached || o.Detached == test.cached {
				t.Errorf("stat cache: %v, detached: %v", err, o.Detached)
			}
		})
	}
}

func differences(t *testing.T, o *Opened, commit chunkstore.ID) map[string]node.Aspect {
	t.Helper()
	found := map[string]node.Aspect{}
	err := o.Differences(t.Context(), commit, func(path string, _, _ *node.Node, aspects node.Aspect) error {
		found[path] = aspects
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
