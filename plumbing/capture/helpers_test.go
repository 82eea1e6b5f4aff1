// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/mtree"
	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/plumbing/rootfs"
)

// ids are names of owners by number alone, but for root.
type ids struct{}

func (ids) Owner(uid uint32) string { return name(uid) }
func (ids) Group(gid uint32) string { return name(gid) }

func name(id uint32) string {
	if id == 0 {
		return "root"
	}
	return strconv.Itoa(int(id))
}

// A bed is a root with a repository.
type bed struct {
	testing.TB
	dir, gitDir string
	c           Capturer
}

func newBed(t testing.TB, dir string) *bed {
	t.Helper()
	b := &bed{TB: t, dir: dir, gitDir: filepath.Join(t.TempDir(), "repo")}
	b.git("init", "-q", "--bare", b.gitDir)
	b.git("--git-dir", b.gitDir, "config", "core.bare", "false")
	b.git("--git-dir", b.gitDir, "config", "core.worktree", dir)
	r, err := repo.Open(repo.Options{GitDir: b.gitDir})
	b.must(err)
	store, err := gitstore.Open(r)
	b.must(err)
	root, err := rootfs.Open(dir, rootfs.Options{})
	b.must(err)
	t.Cleanup(func() {
		root.Close()
		store.Close()
		r.Close()
	})
	b.c = Capturer{Repo: r, Store: store, Params: chunkstore.DefaultParams(), Root: root, Names: ids{},
		Git: git.Runner{Dir: b.gitDir, Env: append(os.Environ(), "GIT_DIR="+b.gitDir)}, Cache: filepath.Join(b.gitDir, "devops/statcache")}
	return b
}

func (b *bed) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bed) git(args ...string) string {
	b.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command("git", args...)
	cmd.Stderr = &stderr
	cmd.Env = append(os.Environ(), "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org",
		"GIT_COMMITTER_NAME=c", "GIT_COMMITTER_EMAIL=c@example.org", "GIT_CONFIG_NOSYSTEM=1")
	if b.gitDir != "" && args[0] != "init" {
		cmd.Env = append(cmd.Env, "GIT_DIR="+b.gitDir)
	}
	out, err := cmd.Output()
	if err != nil {
		b.Fatalf("git %v: %v\n%s", args, err, stderr.Bytes())
	}
	return string(out)
}

func (b *bed) path(name string) string { return filepath.Join(b.dir, name) }

func (b *bed) write(name, data string) {
	b.Helper()
	b.must(os.MkdirAll(filepath.Dir(b.path(name)), 0o755))
	b.must(os.WriteFile(b.path(name), []byte(data), 0o644))
}

// add captures paths and returns those that were reported: with "-" before
// those that were removed, "?" before those that were skipped.
func (b *bed) add(paths ...string) []string {
	b.Helper()
	told, err := b.tryAdd(paths...)
	b.must(err)
	return told
}

func (b *bed) tryAdd(paths ...string) (told []string, err error) {
	err = b.c.Capture(b.Context(), Options{Paths: paths, LargeFile: 1 << 20,
		Report: func(c Captured) {
			if c.Removed {
				told = append(told, "-"+c.Path)
			} else {
				told = append(told, c.Path)
			}
		},
		Skipped: func(path string, why error) { told = append(told, "?"+path) },
	})
	return told, err
}

// staged lists the index: mode, path and, for control files, S.
func (b *bed) staged() string {
	b.Helper()
	var out strings.Builder
	for _, line := range strings.Split(strings.TrimSpace(b.git("ls-files", "-t", "-s")), "\n") {
		meta, path, _ := strings.Cut(line, "\t")
		if fields := strings.Fields(meta); len(fields) == 4 {
			out.WriteString(fields[0] + " " + fields[1] + " " + path + "\n")
		}
	}
	return out.String()
}

func (b *bed) spec() *mtree.Spec {
	b.Helper()
	s, err := mtree.Parse(strings.NewReader(b.git("show", ":"+mtree.Path)))
	b.must(err)
	return s
}

func (b *bed) mtree() string {
	b.Helper()
	_, text, _ := strings.Cut(b.git("show", ":"+mtree.Path), "gname=root\n")
	return text
}

func wantError(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error is %v, want %v", err, want)
	}
}

// settle waits until what was done can be told from what will be.
func settle() { time.Sleep(12 * time.Millisecond) }
