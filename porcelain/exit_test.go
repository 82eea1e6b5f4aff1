// SPDX-License-Identifier: Apache-2.0

package porcelain

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/host"
	"github.com/git-devops/git-devops/plumbing/largefile"
	"github.com/git-devops/git-devops/plumbing/replicate"
	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/plumbing/worktree"
)

// TestExitCodes: what mechanisms return, wrapped as they wrap it and joined
// with what went wrong afterwards.
func TestExitCodes(t *testing.T) {
	id := chunkstore.ID{1}
	tests := []struct {
		err    error
		want   Code
		hinted bool
	}{
		{repo.ErrNotRepository, NoRepository, true},
		{repo.ErrOwnership, Fatal, false},
		{repo.ErrUnsupported, Fatal, false},
		{repo.ErrNotFound, Fatal, false},
		{repo.ErrBadIndex, Fatal, false},
		{repo.ErrBusy, Busy, false},
		{replicate.ErrBusy, Busy, false},
		{repo.ErrRefMoved, Busy, true},
		{host.ErrBusy, Busy, false},
		{host.ErrNotHost, NoRepository, true},
		{host.ErrOtherBranch, Fatal, true},
		{host.ErrNoCommit, Fatal, true},
		{&host.DivergedError{Branch: "web", Upstream: "hub/web"}, Conflict, true},
		{&host.OtherTypeError{Rev: "db", Type: "web"}, Fatal, true},
		{gitstore.ErrBusy, Busy, false},
		{worktree.ErrBare, Fatal, false},
		{worktree.ErrIgnored, Fatal, true},
		{worktree.ErrNoMatch, Fatal, false},
		{&worktree.BadPathError{Path: "x", Reason: "y"}, Fatal, false},
		{largefile.ErrChanged, Fatal, false},
		{&largefile.DigestError{}, Missing, true},
		{&chunkstore.MissingError{ID: id}, Missing, false},
		{&chunkstore.CorruptError{ID: id}, Missing, true},
		{&chunkstore.FormatError{What: "manifest", Reason: "x"}, Missing, true},
		{chunkstore.ErrVersion, Fatal, false},
		{&git.Error{Args: []string{"add"}, ExitCode: 128, Stderr: "x"}, Fatal, false},
		{&git.Error{Args: []string{"add"}, ExitCode: -1, Err: context.Canceled}, Interrupted, false},
		{context.Canceled, Interrupted, false},
		{context.DeadlineExceeded, Fatal, false},
	}
	for _, tt := range tests {
		for name, err := range map[string]error{
			"bare":    tt.err,
			"wrapped": fmt.Errorf("add x: %w", fmt.Errorf("read y: %w", tt.err)),
			"joined":  errors.Join(fmt.Errorf("add x: %w", tt.err), errors.New("and then another")),
		} {
			if got := CodeOf(err); got != tt.want {
				t.Errorf("%T %v, %s: code %d, want %d", tt.err, tt.err, name, got, tt.want)
			}
			if hint := hintOf(err); (hint != "") != tt.hinted {
				t.Errorf("%T %v, %s: hint %q", tt.err, tt.err, name, hint)
			}
		}
	}
	if got := CodeOf(nil); got != Done {
		t.Errorf("no error: code %d", got)
	}
	if got := CodeOf(Exit(Partial, &chunkstore.MissingError{ID: id})); got != Partial {
		t.Errorf("a verb's own code: %d", got)
	}
}

// TestCodesAreInTheTable: an error never ends with a code that the manual does
// not explain.
func TestCodesAreInTheTable(t *testing.T) {
	known := map[Code]bool{}
	for _, s := range Statuses() {
		known[s.Code] = true
	}
	for _, k := range kinds() {
		if !known[k.code] {
			t.Errorf("code %d is not in the table", k.code)
		}
	}
}

func TestByteCount(t *testing.T) {
	for text, want := range map[string]ByteCount{"0": 0, "1": 1, "1k": 1 << 10, "2K": 2 << 10, "3m": 3 << 20, "1G": 1 << 30,
		"9223372036854775807": 1<<63 - 1, "8589934591g": 8589934591 << 30} {
		var b ByteCount
		if err := b.Set(text); err != nil || b != want {
			t.Errorf("%s: %d, %v", text, b, err)
		}
	}
	for _, text := range []string{"", "k", "-1", "1kk", "1x", "1.5m", "0x10", " 1", "9223372036854775808", "8589934592g", "1km"} {
		b := ByteCount(7)
		if err := b.Set(text); err == nil || b != 7 {
			t.Errorf("%q: %d, no error", text, b)
		}
	}
}
