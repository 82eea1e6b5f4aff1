// SPDX-License-Identifier: Apache-2.0

package host

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// newHost makes a host of type web whose repository is below its root.
func newHost(t *testing.T) (*Host, git.Runner) {
	t.Helper()
	root := t.TempDir()
	dir := filepath.Join(root, "var/repo")
	g := git.Runner{Dir: root, Env: append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b")}
	run(t, g, "init", "-q", "--bare", "-b", "web", dir)
	g = g.At(dir)
	for _, kv := range []string{"core.bare=false", "core.worktree=" + root, RootKey + "=" + root, TypeKey + "=web"} {
		key, value, _ := strings.Cut(kv, "=")
		run(t, g, "config", key, value)
	}
	return reopen(t, g, dir), g
}

func reopen(t *testing.T, g git.Runner, dir string) *Host {
	t.Helper()
	r, err := repo.Open(repo.Options{GitDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	h, err := Open(r, g)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func run(t *testing.T, g git.Runner, args ...string) string {
	t.Helper()
	out, err := g.Run(t.Context(), nil, args...)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// commit makes a commit that no branch has.
func commit(t *testing.T, g git.Runner, msg string, parents ...string) string {
	t.Helper()
	tree := run(t, g, "hash-object", "-t", "tree", "-w", "--stdin")
	args := []string{"commit-tree", "-m", msg, tree}
	for _, p := range parents {
		args = append(args, "-p", p)
	}
	return run(t, g, args...)
}

func TestOpen(t *testing.T) {
	h, g := newHost(t)
	if h.Type != "web" || h.Branch() != "refs/heads/web" || h.Root != g.Dir {
		t.Errorf("got %+v", h)
	}
	if diff := cmp.Diff([]string{"var/repo"}, h.Own()); diff != "" {
		t.Error(diff)
	}
	run(t, g, "config", RootKey, "relative")
	if _, err := openAgain(t, h.repo.GitDir(), g); err == nil {
		t.Error("a relative root was accepted")
	}
	run(t, g, "config", "--unset", RootKey)
	if _, err := openAgain(t, h.repo.GitDir(), g); !errors.Is(err, ErrNotHost) {
		t.Errorf("without a root: %v", err)
	}
}

func openAgain(t *testing.T, dir string, g git.Runner) (*Host, error) {
	r, err := repo.Open(repo.Options{GitDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	return Open(r, g)
}

func TestLock(t *testing.T) {
	h, _ := newHost(t)
	unlock, err := h.Lock()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Lock(); !errors.Is(err, ErrBusy) {
		t.Errorf("locked twice: %v", err)
	}
	unlock()
	unlock, err = h.Lock()
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}

func TestApplied(t *testing.T) {
	h, g := newHost(t)
	if _, ok, err := h.Applied(); ok || err != nil {
		t.Errorf("at first: %v %v", ok, err)
	}
	one, _ := chunkstore.ParseID(commit(t, g, "one"))
	if err := h.SetApplied(chunkstore.ID{}, one, "apply"); err != nil {
		t.Fatal(err)
	}
	if got, ok, err := h.Applied(); got != one || !ok || err != nil {
		t.Errorf("got %v %v %v", got, ok, err)
	}
	if err := h.SetApplied(chunkstore.ID{}, one, "apply"); !errors.Is(err, repo.ErrRefMoved) {
		t.Errorf("from what it is not: %v", err)
	}
}

func TestState(t *testing.T) {
	h, _ := newHost(t)
	if _, ok, err := h.ReadState(StateIntent); ok || err != nil {
		t.Errorf("at first: %v %v", ok, err)
	}
	if err := h.RemoveState(StateIntent); err != nil {
		t.Error(err)
	}
	// What a killed process has left does not matter.
	if err := os.MkdirAll(h.stateDir(), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(h.StatePath(StateIntent)+".new", []byte("a longer half"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"one", "two", ""} {
		if err := h.WriteState(StateIntent, []byte(want)); err != nil {
			t.Fatal(err)
		}
		if got, ok, err := h.ReadState(StateIntent); string(got) != want || !ok || err != nil {
			t.Errorf("got %q %v %v", got, ok, err)
		}
	}
	if err := h.RemoveState(StateIntent); err != nil {
		t.Error(err)
	}
	if _, ok, _ := h.ReadState(StateIntent); ok {
		t.Error("still there")
	}
}

func TestHold(t *testing.T) {
	h, g := newHost(t)
	if hold, err := h.Hold(); hold != nil || err != nil {
		t.Errorf("at first: %v %v", hold, err)
	}
	one, _ := chunkstore.ParseID(commit(t, g, "one"))
	two, _ := chunkstore.ParseID(commit(t, g, "two"))
	for _, want := range []Hold{
		{At: one, From: two, Since: time.Unix(1767225600, 0).UTC(), Reason: "it fails\nbadly"},
		{At: one, Since: time.Unix(0, 0).UTC()},
	} {
		if err := h.SetHold(want); err != nil {
			t.Fatal(err)
		}
		got, err := h.Hold()
		if diff := cmp.Diff(&want, got); diff != "" || err != nil {
			t.Error(diff, err)
		}
	}
	for _, bad := range []string{"", "{}", "[1]", `{"version":2,"at":"` + one.String() + `"}`,
		`{"version":1,"at":"x"}`, `{"version":1,"at":"` + one.String() + `","more":1}`} {
		if err := h.WriteState(StateHold, []byte(bad)); err != nil {
			t.Fatal(err)
		}
		if hold, err := h.Hold(); err == nil {
			t.Errorf("%q: got %v", bad, hold)
		}
	}
	if err := h.Release(); err != nil {
		t.Error(err)
	}
	if hold, err := h.Hold(); hold != nil || err != nil {
		t.Errorf("released: %v %v", hold, err)
	}
}

func TestTarget(t *testing.T) {
	h, g := newHost(t)
	check := func(rev string, want Target, as error) {
		t.Helper()
		got, err := h.Target(t.Context(), rev)
		if as == nil && err != nil || as != nil && !errors.Is(err, as) {
			t.Fatalf("target %q: %v", rev, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	id := func(s string) chunkstore.ID {
		id, err := chunkstore.ParseID(s)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	check("", Target{}, ErrNoCommit)
	run(t, g, "config", "remote.hub.url", "/nowhere")
	run(t, g, "config", "remote.hub.fetch", "+refs/heads/*:refs/remotes/hub/*")
	run(t, g, "config", "branch.web.remote", "hub")
	run(t, g, "config", "branch.web.merge", "refs/heads/web")
	check("", Target{}, ErrNoCommit)

	one := commit(t, g, "one")
	two := commit(t, g, "two", one)
	run(t, g, "update-ref", "refs/remotes/hub/web", two)
	check("", Target{Commit: id(two), Name: "hub/web", FastForward: true}, nil)
	run(t, g, "update-ref", "refs/heads/web", one)
	check("", Target{Commit: id(two), Name: "hub/web", FastForward: true}, nil)
	run(t, g, "update-ref", "refs/heads/web", two)
	check("", Target{Commit: id(two), Name: "web"}, nil)
	three := commit(t, g, "three", two)
	run(t, g, "update-ref", "refs/heads/web", three)
	check("", Target{Commit: id(three), Name: "web"}, nil)
	run(t, g, "tag", "-a", "-m", "r", "r1", one)
	check("r1", Target{Commit: id(one), Name: "r1"}, nil)

	other := commit(t, g, "other", one)
	run(t, g, "update-ref", "refs/heads/web", other)
	var diverged *DivergedError
	if _, err := h.Target(t.Context(), ""); !errors.As(err, &diverged) || diverged.Upstream != "hub/web" {
		t.Errorf("diverged: %v", err)
	}
	check(two, Target{Commit: id(two), Name: two}, nil)

	alien := commit(t, g, "alien")
	run(t, g, "update-ref", "refs/heads/db", alien)
	run(t, g, "update-ref", "refs/remotes/hub/db", alien)
	var foreign *OtherTypeError
	for _, rev := range []string{"db", "hub/db", alien} {
		if _, err := h.Target(t.Context(), rev); !errors.As(err, &foreign) || foreign.Rev != rev {
			t.Errorf("%s: %v", rev, err)
		}
	}
	for _, rev := range []string{"absent", "--all", "web^{tree}", "a\nb"} {
		if _, err := h.Target(t.Context(), rev); err == nil || errors.As(err, &foreign) {
			t.Errorf("%q: %v", rev, err)
		}
	}
	run(t, g, "symbolic-ref", "HEAD", "refs/heads/db")
	check("", Target{}, ErrOtherBranch)
	run(t, g, "update-ref", "--no-deref", "HEAD", one)
	check("", Target{}, ErrOtherBranch)
}

func TestPrevious(t *testing.T) {
	h, g := newHost(t)
	if _, err := h.Previous(t.Context()); !errors.Is(err, ErrNoPrevious) {
		t.Errorf("nothing applied: %v", err)
	}
	if err := keepLog(filepath.Join(h.Root, "var/repo")); err != nil {
		t.Fatal(err)
	}
	a := commit(t, g, "a")
	amended := commit(t, g, "amended", a)
	b := commit(t, g, "b", a)
	c := commit(t, g, "c", b)
	run(t, g, "update-ref", "refs/heads/web", c)
	apply := func(text string) {
		t.Helper()
		old, _, err := h.Applied()
		if err != nil {
			t.Fatal(err)
		}
		id, _ := chunkstore.ParseID(text)
		if err := h.SetApplied(old, id, "test"); err != nil {
			t.Fatal(err)
		}
	}
	for i, step := range []struct{ apply, want string }{
		{a, ""}, {amended, a}, {b, a}, {c, b}, {b, a}, {c, b}, {a, ""}, {c, a},
	} {
		apply(step.apply)
		got, err := h.Previous(t.Context())
		if step.want == "" {
			if !errors.Is(err, ErrNoPrevious) {
				t.Errorf("%d: %v, %v", i, got, err)
			}
		} else if err != nil || got.Commit.String() != step.want || got.FastForward {
			t.Errorf("%d: %v, %v, want %s", i, got, err, step.want)
		}
	}
	log := filepath.Join(h.Root, "var/repo/logs", AppliedRef)
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	// A crash has torn the last line: c follows upon a all the same.
	if err := os.WriteFile(log, text[:len(text)-100], 0o666); err != nil {
		t.Fatal(err)
	}
	if got, err := h.Previous(t.Context()); err != nil || got.Commit.String() != a {
		t.Errorf("torn log: %v, %v", got, err)
	}
}
