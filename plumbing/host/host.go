// SPDX-License-Identifier: Apache-2.0

// Package host is a repository whose work tree is the root of a machine: where
// the root is, which branch the machine follows, what was last applied to it,
// and the lock and the files with which an apply survives being killed.
//
// Invariant: every file here is replaced whole and fsynced, and the applied
// ref moves only from the value that the caller saw.
package host

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// DefaultGitDir is where a machine's repository is unless someone says
// otherwise.
const DefaultGitDir = "/var/git-devops/repo"

// The keys of git's configuration that make a repository that of a host.
const (
	RootKey = "devops.root" // the root, as an absolute path
	TypeKey = "devops.type" // the machine type: a branch
)

// The refs of a host.
const (
	AppliedRef    = "refs/devops/applied" // the commit that was last applied
	DriftRef      = "refs/devops/drift"
	ReportsPrefix = "refs/devops/reports/" // one ref a host
)

// ErrNotHost says that a repository is not that of a host.
var ErrNotHost = errors.New("this is not the repository of a host")

// ErrNothingApplied says that no commit was applied to a host yet.
var ErrNothingApplied = errors.New("nothing was applied yet")

// A Host is a machine's repository and root.
type Host struct {
	// Root is the directory that is managed, as an absolute path.
	Root string
	// Type is the machine type, the short name of a branch.
	Type string

	repo *repo.Repo
	git  git.Runner
}

// Is says whether a repository is that of a host.
func Is(r *repo.Repo) (bool, error) {
	_, ok, err := r.Config(RootKey)
	return ok, err
}

// Open returns the host that r is the repository of, ErrNotHost when it is
// none. g must run in that repository.
func Open(r *repo.Repo, g git.Runner) (*Host, error) {
	root, ok, err := r.Config(RootKey)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrNotHost, r.GitDir())
	}
	if !filepath.IsAbs(root) {
		return nil, fmt.Errorf("%s in %s: '%s' is not an absolute path", RootKey, r.GitDir(), root)
	}
	name, ok, err := r.Config(TypeKey)
	if err != nil {
		return nil, err
	}
	if !ok || name == "" {
		return nil, fmt.Errorf("%s is not set in %s", TypeKey, r.GitDir())
	}
	return &Host{Root: filepath.Clean(root), Type: name, repo: r, git: g}, nil
}

// Branch is the ref of the branch that the host follows.
func (h *Host) Branch() string { return "refs/heads/" + h.Type }

// Applied returns the commit that was last applied. ok is false when none was.
func (h *Host) Applied() (commit chunkstore.ID, ok bool, err error) {
	return h.repo.Ref(AppliedRef)
}

// LastApplied is Applied for what cannot do without: where there is none, the
// error is ErrNothingApplied.
func (h *Host) LastApplied() (chunkstore.ID, error) {
	commit, ok, err := h.Applied()
	if err == nil && !ok {
		err = ErrNothingApplied
	}
	return commit, err
}

// SetApplied notes that commit was applied. old is what Applied gave, zero for
// none; when that has changed, the error is repo.ErrRefMoved. It is durable
// when SetApplied returns.
func (h *Host) SetApplied(old, commit chunkstore.ID, msg string) error {
	return h.repo.SwapRef(AppliedRef, old, commit, msg)
}

// Own returns the paths below the root, relative to it and slash-separated,
// that are the repository's: they are never captured, compared or written.
func (h *Host) Own() []string {
	var own []string
	for _, dir := range []string{h.repo.GitDir(), h.repo.CommonDir(), h.repo.ObjectsDir()} {
		rel, ok := below(h.Root, dir)
		if ok && !slices.ContainsFunc(own, func(dir string) bool { return node.Within(rel, dir) }) {
			own = append(own, rel)
		}
	}
	return own
}

// An OutsideError says that a path is not in the root.
type OutsideError struct{ Path, Root string }

func (e *OutsideError) Error() string {
	return fmt.Sprintf("'%s' is not in the root %s", e.Path, e.Root)
}

// Below returns where an absolute path is in the root: node.RootPath for the
// root itself. Links that lead to the root, or to the path's directory, are
// followed.
func (h *Host) Below(path string) (string, error) {
	real := filepath.Join(resolved(filepath.Dir(path)), filepath.Base(path))
	for _, p := range []string{path, real} {
		rel, err := filepath.Rel(h.Root, p)
		if err == nil && rel != ".." && !strings.HasPrefix(rel, "../") {
			return filepath.ToSlash(rel), nil
		}
	}
	return "", &OutsideError{Path: path, Root: h.Root}
}

// below returns where path is relative to dir, when it is in it. Links on the
// way to either do not count.
func below(dir, path string) (string, bool) {
	rel, err := filepath.Rel(resolved(dir), resolved(path))
	if err != nil || rel == "." || rel == ".." || strings.HasPrefix(rel, "../") {
		return "", false
	}
	return filepath.ToSlash(rel), true
}

// resolved is where path is, as far as it exists, without links.
func resolved(path string) string {
	real, err := filepath.EvalSymlinks(path)
	if err == nil {
		return real
	}
	if parent := filepath.Dir(path); parent != path {
		return filepath.Join(resolved(parent), filepath.Base(path))
	}
	return path
}
