// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/copies"
	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/plumbing/ssh"
	"github.com/git-devops/git-devops/plumbing/transfer"
	"github.com/git-devops/git-devops/plumbing/transfer/sourcetest"
	"github.com/git-devops/git-devops/plumbing/wire"
)

var (
	_ transfer.Source = (*Peer)(nil)
	_ copies.Keeper   = (*Peer)(nil)
)

// TestMain makes the test program one that serves, too.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "serve" {
		if err := serve(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(10)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func serve(path string) error {
	r, err := repo.Open(repo.Options{Dir: path})
	if err != nil {
		return err
	}
	defer r.Close()
	store, err := gitstore.Open(r)
	if err != nil {
		return err
	}
	defer store.Close()
	return wire.Serve(context.Background(), os.Stdin, os.Stdout, wire.ServerOptions{Store: store, Agent: "test/1"})
}

func gitRun(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v: %s", args, err, out)
	}
}

func TestList(t *testing.T) {
	t.Setenv("GIT_CONFIG_GLOBAL", "/dev/null")
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	dir := t.TempDir()
	gitRun(t, dir, "init", "-q")
	g := git.Runner{Dir: dir}
	if got, err := List(t.Context(), g); err != nil || len(got) != 0 {
		t.Errorf("no remotes: %v, %v", got, err)
	}
	for _, kv := range [][2]string{
		{"remote.nas.url", "me@nas:repo"}, {"remote.nas.url", "second:repo"}, {"remote.nas.devopsServe", "/opt/git-devops"},
		{"remote.a.b.url", "../b"}, {"remote.web.url", "https://host/x"}, {"remote.bad.url", "-oProxyCommand=x:y"},
		{"remote.none.fetch", "x"}, {"remote.bare.devopsServe", "x"}, {"remote.short.url", "n:repo"}, {"remote.pushDefault", "nas"},
	} {
		gitRun(t, dir, "config", "--add", kv[0], kv[1])
	}
	check := func(short string) {
		t.Helper()
		got, err := List(t.Context(), g)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, r := range got {
			line := strings.Join([]string{r.Name, r.URL, r.Address.String(), r.Serve}, " ")
			if r.Err != nil {
				line = r.Name + ": " + r.Err.Error()
			}
			lines = append(lines, line)
		}
		want := []string{
			"a.b ../b ../b git-devops",
			`bad: bad address "-oProxyCommand=x:y": the host begins with '-'`,
			"bare: it has no URL",
			"nas me@nas:repo me@nas:repo /opt/git-devops",
			short,
			`web: bad address "https://host/x": the scheme https is not one of ssh and file`,
		}
		if diff := cmp.Diff(want, lines); diff != "" {
			t.Error(diff)
		}
	}
	check("short n:repo n:repo git-devops")
	gitRun(t, dir, "config", "url.me@nas.lan:.insteadOf", "n:")
	check("short me@nas.lan:repo me@nas.lan:repo git-devops")
}

func localRemote(path string) Remote {
	addr, err := ssh.Parse(path)
	return Remote{Name: "other", URL: path, Address: addr, Err: err, Serve: DefaultServe}
}

func TestOpenLocal(t *testing.T) {
	t.Setenv("SSH_ORIGINAL_COMMAND", "something else")
	dir := t.TempDir()
	gitRun(t, dir, "init", "-q", "other")
	content := []byte("content")
	id := chunkstore.BlobID(content)
	hold(t, filepath.Join(dir, "other"), content)
	o := Options{Program: os.Args[0], SSH: ssh.Options{Dir: dir}}
	p, err := Open(t.Context(), localRemote("other"), o)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if p.Stock() || p.Agent() != "test/1" || p.GrantsLocks() || p.Name() != "other" || len(p.GitEnv()) != 0 {
		t.Errorf("%+v", p)
	}
	has, err := p.Have(t.Context(), []chunkstore.ID{id, {1}})
	if diff := cmp.Diff([]bool{true, false}, has); diff != "" || err != nil {
		t.Error(diff, err)
	}
	s, err := p.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Ask(id); err != nil {
		t.Fatal(err)
	}
	if c, err := s.Next(); err != nil || !bytes.Equal(c.Content, content) {
		t.Errorf("%q, %v", c.Content, err)
	}
	if _, _, err := p.Lock(t.Context(), []chunkstore.ID{id}, time.Minute); !errors.Is(err, wire.ErrNoLocks) {
		t.Errorf("a lock: %v", err)
	}
}

// hold makes a repository hold chunks.
func hold(t *testing.T, dir string, chunks ...[]byte) {
	t.Helper()
	r, err := repo.Open(repo.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	store, err := gitstore.Open(r)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	sourcetest.Hold(t, store, chunks)
}

func TestOpenOthers(t *testing.T) {
	dir := t.TempDir()
	gitRun(t, dir, "init", "-q", "--bare", "stock")
	stock := localRemote(filepath.Join(dir, "stock"))
	stock.Serve = "no-such-program"
	p, err := Open(t.Context(), stock, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := p.Have(t.Context(), []chunkstore.ID{{1}}); !p.Stock() || !errors.Is(err, ErrStock) {
		t.Errorf("stock git: %v", err)
	}

	absent := localRemote(filepath.Join(dir, "absent"))
	var exit *ssh.ExitError
	if _, err := Open(t.Context(), absent, Options{Program: os.Args[0]}); !errors.As(err, &exit) || exit.ExitCode != 10 || exit.Stderr == "" {
		t.Errorf("no repository: %v", err)
	}
	absent.Serve = "no-such-program"
	var none *ssh.NoProgramError
	if _, err := Open(t.Context(), absent, Options{}); !errors.As(err, &none) {
		t.Errorf("no repository, no program: %v", err)
	}
	var strange *wire.ProtocolError
	absent.Serve = "echo"
	if _, err := Open(t.Context(), absent, Options{}); !errors.As(err, &strange) {
		t.Errorf("a program that says something else: %v", err)
	}
	bad := localRemote("-x")
	var refused *ssh.AddressError
	if _, err := Open(t.Context(), bad, Options{}); !errors.As(err, &refused) {
		t.Errorf("a bad address: %v", err)
	}
}

// TestPath: the program there is started in the home directory, and knows no
// tilde.
func TestPath(t *testing.T) {
	for url, want := range map[string]string{
		"host:~/repo": "./repo", "host:~/-x": "./-x", "host:~": ".", "ssh://host/~/a b": "./a b",
		"host:repo": "repo", "host:/srv/repo": "/srv/repo", "host:~other/repo": "~other/repo", "~/repo": "~/repo",
	} {
		if got := (&Peer{Remote: localRemote(url)}).path(); got != want {
			t.Errorf("%s: %q, not %q", url, got, want)
		}
	}
}
