// SPDX-License-Identifier: Apache-2.0

package manifests

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/repo"
)

func environ() []string {
	return append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "LC_ALL=C",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.org",
		"GIT_COMMITTER_NAME=C", "GIT_COMMITTER_EMAIL=c@example.org")
}

func runGit(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
	cmd.Env = environ()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// manifest is that of some content; its chunk need not exist.
func manifest(content string) *chunkstore.Manifest {
	return &chunkstore.Manifest{Size: int64(len(content)), Params: chunkstore.DefaultParams(),
		Pieces: []chunkstore.Piece{{ID: chunkstore.BlobID([]byte(content)), Length: int64(len(content))}}}
}

func idOf(content string) chunkstore.ID { return chunkstore.BlobID(manifest(content).Encode()) }

// stage writes a manifest to a file and stages it.
func stage(t *testing.T, dir, path, content string) {
	t.Helper()
	full := filepath.Join(dir, path)
	must(t, os.MkdirAll(filepath.Dir(full), 0o777))
	must(t, os.WriteFile(full, manifest(content).Encode(), 0o666))
	runGit(t, dir, "add", path)
}

func commit(t *testing.T, dir, path, content string) {
	t.Helper()
	stage(t, dir, path, content)
	runGit(t, dir, "commit", "-qm", content)
}

func openRepo(t *testing.T, dir string) (*repo.Repo, git.Runner) {
	t.Helper()
	r, err := repo.Open(repo.Options{Dir: dir})
	must(t, err)
	t.Cleanup(r.Close)
	return r, git.Runner{Dir: dir, Env: environ()}
}

// everywhere makes a repository with a manifest at each place that keeps one.
func everywhere(t *testing.T) (dir string, want []string) {
	t.Helper()
	top := t.TempDir()
	dir, other := filepath.Join(top, "main"), filepath.Join(top, "other")
	must(t, os.Mkdir(dir, 0o777))
	runGit(t, dir, "init", "-qb", "main")
	runGit(t, dir, "config", "core.logAllRefUpdates", "always")
	commit(t, dir, "sub/file", "older commit")
	commit(t, dir, "sub/file", "branch")
	runGit(t, dir, "branch", "side")

	runGit(t, dir, "checkout", "-q", "--detach")
	commit(t, dir, "sub/file", "annotated tag")
	runGit(t, dir, "tag", "-am", "a tag", "tagged")
	runGit(t, dir, "checkout", "-q", "main")
	must(t, os.WriteFile(filepath.Join(dir, "blob"), manifest("tagged blob").Encode(), 0o666))
	runGit(t, dir, "tag", "blob", runGit(t, dir, "hash-object", "-w", "blob"))
	must(t, os.Remove(filepath.Join(dir, "blob")))

	for _, content := range []string{"older stash", "newest stash"} {
		stage(t, dir, "sub/file", content)
		runGit(t, dir, "stash", "-q")
	}
	commit(t, dir, "sub/file", "reflog")
	runGit(t, dir, "reset", "-q", "--hard", "HEAD^")
	commit(t, dir, "merged/file", "remote")
	runGit(t, dir, "update-ref", "refs/remotes/origin/main", "HEAD")
	runGit(t, dir, "reset", "-q", "--hard", "HEAD^")

	runGit(t, dir, "worktree", "add", "-q", "--detach", other)
	commit(t, other, "sub/file", "HEAD of another work tree")
	stage(t, other, "sub/file", "index of another work tree")
	stage(t, dir, "new", "index")
	stage(t, dir, "a\n b", "index, odd name")
	return dir, []string{"older commit", "branch", "annotated tag", "tagged blob", "older stash", "newest stash", "reflog",
		"remote", "HEAD of another work tree", "index of another work tree", "index", "index, odd name"}
}

func names(ids map[chunkstore.ID]int, known []string) []string {
	var found []string
	for _, name := range known {
		if ids[idOf(name)] > 0 {
			found = append(found, name)
		}
	}
	return found
}

func TestEachFindsManifestsEverywhere(t *testing.T) {
	dir, want := everywhere(t)
	r, g := openRepo(t, dir)
	_, err := r.WriteObject("blob", manifest("unreferenced").Encode())
	must(t, err)
	// What is held is not looked at.
	hold(t, r, manifest("held chunk, that looks like a manifest").Encode())
	hold(t, r, []byte("another"))
	for _, from := range []string{dir, filepath.Join(dir, "sub"), filepath.Join(filepath.Dir(dir), "other")} {
		_, g = openRepo(t, from)
		found := map[chunkstore.ID]int{}
		must(t, Each(t.Context(), r, g, func(f Found) error {
			found[f.ID]++
			if f.Err != nil || chunkstore.BlobID(f.Manifest.Encode()) != f.ID {
				t.Errorf("%s: %v", f.ID, f.Err)
			}
			return nil
		}))
		if diff := cmp.Diff(want, names(found, want)); diff != "" {
			t.Errorf("from %s: %s", from, diff)
		}
		for id, n := range found {
			if n != 1 {
				t.Errorf("%s: %d times", id, n)
			}
		}
		if len(found) != len(want) {
			t.Errorf("%d found, want %d", len(found), len(want))
		}
	}
	var chunks []chunkstore.ID
	must(t, Chunks(t.Context(), r, g, func(id chunkstore.ID) error {
		chunks = append(chunks, id)
		return nil
	}))
	for _, content := range want {
		if !slices.Contains(chunks, chunkstore.BlobID([]byte(content))) {
			t.Errorf("the chunk of %q is not named", content)
		}
	}
}

// hold adds a chunk to the held set.
func hold(t *testing.T, r *repo.Repo, chunk []byte) {
	t.Helper()
	s, err := gitstore.Open(r)
	must(t, err)
	defer s.Close()
	must(t, s.Put(context.Background(), chunkstore.BlobID(chunk), chunk))
}

func TestEachReportsWhatIsNoManifest(t *testing.T) {
	dir := t.TempDir()
	runGit(t, dir, "init", "-q")
	for name, text := range map[string]string{
		"damaged": string(manifest("x").Encode()) + "rest\n",
		"newer":   "git-devops manifest 2\n",
		"other":   "git-devops is not mentioned in manifests\n",
		"empty":   "",
	} {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
	}
	runGit(t, dir, "add", ".")
	r, g := openRepo(t, dir)
	var versions, errs int
	must(t, Each(t.Context(), r, g, func(f Found) error {
		if f.Err == nil || f.Manifest != nil {
			t.Errorf("%s: %v", f.ID, f.Manifest)
		}
		errs++
		if errors.Is(f.Err, chunkstore.ErrVersion) {
			versions++
		}
		return nil
	}))
	if errs != 2 || versions != 1 {
		t.Errorf("%d errors, %d unknown versions", errs, versions)
	}
	must(t, Chunks(t.Context(), r, g, func(chunkstore.ID) error {
		t.Error("a chunk")
		return nil
	}))
}

func TestEachStops(t *testing.T) {
	dir, _ := everywhere(t)
	r, g := openRepo(t, dir)
	stop := errors.New("stop")
	if err := Each(t.Context(), r, g, func(Found) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("Each: %v", err)
	}
	if err := Chunks(t.Context(), r, g, func(chunkstore.ID) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("Chunks: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := Each(ctx, r, g, func(Found) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestEachInAnEmptyRepository(t *testing.T) {
	for _, args := range [][]string{{"init", "-q"}, {"init", "-q", "--bare"}} {
		dir := t.TempDir()
		runGit(t, dir, args...)
		r, g := openRepo(t, dir)
		must(t, Each(t.Context(), r, g, func(f Found) error {
			t.Errorf("found %s", f.ID)
			return nil
		}))
		if uses, err := Uses(t.Context(), g, map[chunkstore.ID]bool{{1}: true}); len(uses) > 0 || err != nil {
			t.Errorf("uses %v, %v", uses, err)
		}
	}
}

func TestUses(t *testing.T) {
	dir, all := everywhere(t)
	r, _ := openRepo(t, dir)
	hold(t, r, []byte("chunk"))
	want := map[string][]string{
		"branch":          {":sub/file", "refs/heads/main:sub/file", "refs/heads/side:sub/file", "refs/remotes/origin/main:sub/file"},
		"annotated tag":   {"refs/tags/tagged:sub/file"},
		"newest stash":    {"refs/stash:sub/file"},
		"remote":          {"refs/remotes/origin/main:merged/file"},
		"index":           {":new"},
		"index, odd name": {":a\n b"},
	}
	for _, from := range []string{dir, filepath.Join(dir, "sub")} {
		_, g := openRepo(t, from)
		ids := map[chunkstore.ID]bool{}
		for _, name := range all {
			ids[idOf(name)] = true
		}
		uses, err := Uses(t.Context(), g, ids)
		must(t, err)
		got := map[string][]string{}
		for _, name := range all {
			for _, u := range uses[idOf(name)] {
				got[name] = append(got[name], u.String())
			}
			slices.Sort(got[name])
		}
		for name, list := range got {
			if len(list) == 0 {
				delete(got, name)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("from %s: %s", from, diff)
		}
		if some, err := Uses(t.Context(), g, map[chunkstore.ID]bool{idOf("index"): true}); len(some) != 1 || err != nil {
			t.Errorf("of one: %v, %v", some, err)
		}
	}
	bare := filepath.Join(t.TempDir(), "bare.git")
	runGit(t, dir, "clone", "-q", "--bare", dir, bare)
	_, g := openRepo(t, bare)
	uses, err := Uses(t.Context(), g, map[chunkstore.ID]bool{idOf("branch"): true})
	must(t, err)
	if n := len(uses[idOf("branch")]); n != 2 {
		t.Errorf("bare: %v", uses)
	}
}
