// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/git"
)

// ErrNoCommit says that the host's branch has no commit yet, here or where it
// comes from.
var ErrNoCommit = errors.New("there is no commit to apply yet")

// ErrOtherBranch says that HEAD is not the branch that the host follows.
var ErrOtherBranch = errors.New("HEAD is not the branch that this host follows")

// A DivergedError says that the host's branch and the one it comes from both
// have commits that the other has not.
type DivergedError struct{ Branch, Upstream string } // short names

func (e *DivergedError) Error() string {
	return fmt.Sprintf("%s and %s have diverged", e.Branch, e.Upstream)
}

// An OtherTypeError says that a commit is not on the branch of the host's
// machine type, neither here nor as a remote has it.
type OtherTypeError struct {
	Rev  string
	Type string
}

func (e *OtherTypeError) Error() string {
	return fmt.Sprintf("'%s' is not a commit of the machine type %s", e.Rev, e.Type)
}

// A Target is the commit that an apply brings the root to.
type Target struct {
	Commit chunkstore.ID
	// Name is what it was found by: a branch, or the revision asked for.
	Name string
	// FastForward says that the host's branch is behind it.
	FastForward bool
}

// Target returns the commit that rev names, which must be on the host's
// branch: an *OtherTypeError says that it is not. "" is the newest one: that
// of the branch which the host's follows, or of the host's own where this is
// ahead. The errors are then ErrNoCommit, ErrOtherBranch and *DivergedError.
func (h *Host) Target(ctx context.Context, rev string) (Target, error) {
	if rev != "" {
		return h.named(ctx, rev)
	}
	return h.newest(ctx)
}

func (h *Host) named(ctx context.Context, rev string) (Target, error) {
	commit, ok, err := h.commit(ctx, rev)
	if err != nil {
		return Target{}, err
	}
	if !ok {
		return Target{}, fmt.Errorf("'%s' is not a commit", rev)
	}
	out, err := h.git.Run(ctx, nil, "for-each-ref", "--count=1", "--format=%(refname)",
		"--contains="+commit.String(), h.Branch(), "refs/remotes/*/"+h.Type)
	if err != nil {
		return Target{}, err
	}
	if len(out) == 0 {
		return Target{}, &OtherTypeError{Rev: rev, Type: h.Type}
	}
	return Target{Commit: commit, Name: rev}, nil
}

func (h *Host) newest(ctx context.Context) (Target, error) {
	if err := h.checkHead(); err != nil {
		return Target{}, err
	}
	own, ok, err := h.repo.Ref(h.Branch())
	if err != nil {
		return Target{}, err
	}
	name, next, err := h.Upstream()
	switch {
	case err != nil:
		return Target{}, err
	case name == "" && !ok:
		return Target{}, fmt.Errorf("%w on %s", ErrNoCommit, h.Type)
	case name == "", ok && own == next:
		return Target{Commit: own, Name: h.Type}, nil
	case !ok:
		return Target{Commit: next, Name: name, FastForward: true}, nil
	}
	return h.further(ctx, own, next, name)
}

// further is whichever of the two commits has the other in its history.
func (h *Host) further(ctx context.Context, own, next chunkstore.ID, name string) (Target, error) {
	behind, err := h.ancestor(ctx, own, next)
	if err != nil {
		return Target{}, err
	}
	if behind {
		return Target{Commit: next, Name: name, FastForward: true}, nil
	}
	ahead, err := h.ancestor(ctx, next, own)
	if err != nil {
		return Target{}, err
	}
	if !ahead {
		return Target{}, &DivergedError{Branch: h.Type, Upstream: name}
	}
	return Target{Commit: own, Name: h.Type}, nil
}

// checkHead returns ErrOtherBranch unless HEAD is the host's branch.
func (h *Host) checkHead() error {
	head, err := h.repo.Head()
	switch {
	case err != nil:
		return err
	case head == "":
		return fmt.Errorf("%w: HEAD is detached, the host follows %s", ErrOtherBranch, h.Type)
	case head != h.Branch():
		return fmt.Errorf("%w: HEAD is %s, the host follows %s", ErrOtherBranch, strings.TrimPrefix(head, "refs/heads/"), h.Type)
	}
	return nil
}

// Upstream returns the branch that the host's follows, by its short name, and
// the commit it has. The name is "" where there is none, or it has no commit.
func (h *Host) Upstream() (name string, commit chunkstore.ID, err error) {
	ref, name, ok, err := h.repo.Upstream(h.Branch())
	if err != nil || !ok {
		return "", commit, err
	}
	commit, ok, err = h.repo.Ref(ref)
	if err != nil || !ok {
		return "", commit, err
	}
	return name, commit, nil
}

func (h *Host) commit(ctx context.Context, rev string) (id chunkstore.ID, ok bool, err error) {
	out, err := h.git.Run(ctx, nil, "rev-parse", "--quiet", "--verify", "--end-of-options", rev+"^{commit}")
	if code := git.ExitCode(err); code == 1 || code == 128 {
		return id, false, nil
	}
	if err != nil {
		return id, false, err
	}
	id, err = chunkstore.ParseID(strings.TrimSpace(string(out)))
	return id, err == nil, err
}

func (h *Host) ancestor(ctx context.Context, a, b chunkstore.ID) (bool, error) {
	_, err := h.git.Run(ctx, nil, "merge-base", "--is-ancestor", a.String(), b.String())
	if git.ExitCode(err) == 1 {
		return false, nil
	}
	return err == nil, err
}
