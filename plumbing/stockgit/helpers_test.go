// SPDX-License-Identifier: Apache-2.0

package stockgit

import (
	"context"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
	"github.com/git-devops/git-devops/plumbing/repo"
)

const chunkSize = 64 << 10

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// machine is a repository with its store.
type machine struct {
	t     *testing.T
	dir   string
	repo  *repo.Repo
	store *gitstore.Store
	git   git.Runner
}

func newRunner(dir string) git.Runner {
	return git.Runner{Dir: dir, Env: append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=C", "GIT_COMMITTER_EMAIL=c@example.org")}
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	dir := filepath.Join(t.TempDir(), `a "strange" name`)
	must(t, os.Mkdir(dir, 0o777))
	m := &machine{t: t, dir: dir, git: newRunner(dir)}
	must(t, m.git.Init(t.Context(), "."))
	r, err := repo.Open(repo.Options{Dir: dir})
	must(t, err)
	t.Cleanup(r.Close)
	m.repo = r
	m.store, err = gitstore.Open(r)
	must(t, err)
	t.Cleanup(m.store.Close)
	return m
}

func (m *machine) run(args ...string) string {
	m.t.Helper()
	out, err := m.git.Run(context.WithoutCancel(m.t.Context()), nil, args...)
	must(m.t, err)
	return strings.TrimSpace(string(out))
}

// hold stores chunks.
func (m *machine) hold(chunks ...[]byte) {
	m.t.Helper()
	b, err := m.store.Begin(m.t.Context())
	must(m.t, err)
	encoder := packfile.NewEncoder()
	for _, c := range chunks {
		must(m.t, b.Append(encoder.Encode(packfile.Blob, chunkstore.BlobID(c), c)))
	}
	must(m.t, b.Commit(m.t.Context()))
	must(m.t, b.Settle())
}

// manifest writes the manifest of a file that consists of these chunks.
func (m *machine) manifest(path string, chunks ...[]byte) Needed {
	m.t.Helper()
	f := chunkstore.Manifest{Params: chunkstore.DefaultParams()}
	for _, c := range chunks {
		f.Size += int64(len(c))
		f.Pieces = append(f.Pieces, chunkstore.Piece{ID: chunkstore.BlobID(c), Length: int64(len(c))})
	}
	id, err := m.repo.WriteObject("blob", f.Encode())
	must(m.t, err)
	return Needed{ID: id, Path: path}
}

func (m *machine) server(s stock) *Server {
	return &Server{Repo: m.repo, Git: m.git, Name: "origin", URL: "file://" + s.dir}
}

// clean fails when the repository is not as git wants it, or something is left
// of a push or fetch.
func (m *machine) clean() {
	m.t.Helper()
	if out := m.run("fsck", "--full", "--strict", "--no-dangling"); out != "" {
		m.t.Errorf("fsck: %s", out)
	}
	if refs := m.run("for-each-ref", "--format=%(refname)"); refs != "" && refs != gitstore.HeldRef {
		m.t.Errorf("refs are left: %s", refs)
	}
	left, err := os.ReadDir(filepath.Join(m.repo.CommonDir(), "devops", "scratch"))
	if err != nil && !os.IsNotExist(err) || len(left) > 0 {
		m.t.Errorf("left: %v %v", left, err)
	}
}

// stock is a bare repository on a server.
type stock struct {
	*machine
	dir string
}

func newStock(t *testing.T) stock {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "server.git")
	g := newRunner("")
	_, err := g.Run(t.Context(), nil, "init", "-q", "--bare", dir)
	must(t, err)
	s := stock{&machine{t: t, git: newRunner(dir)}, dir}
	s.run("config", "receive.unpackLimit", "1")
	return s
}

func (s stock) clean() {
	s.t.Helper()
	if out := s.run("fsck", "--full", "--strict", "--no-dangling"); out != "" {
		s.t.Errorf("fsck of the server: %s", out)
	}
}

func (s stock) refs() []string {
	return strings.Fields(s.run("for-each-ref", "--format=%(refname)"))
}

// size is what its objects take up, bytes.
func (s stock) size() (total int64) {
	must(s.t, filepath.WalkDir(filepath.Join(s.dir, "objects"), func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	}))
	return total
}

// hook installs a hook of the server.
func (s stock) hook(name, script string) {
	must(s.t, os.WriteFile(filepath.Join(s.dir, "hooks", name), []byte("#!/bin/sh\n"+script), 0o777))
}

// random returns n different chunks.
func random(seed byte, n int) [][]byte {
	source := rand.NewChaCha8([32]byte{seed})
	chunks := make([][]byte, n)
	for i := range chunks {
		chunks[i] = make([]byte, chunkSize)
		source.Read(chunks[i])
	}
	return chunks
}
