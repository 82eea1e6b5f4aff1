// SPDX-License-Identifier: Apache-2.0

package host

import (
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/git"
)

// TestLockNotesCommit: whoever has the lock next finds out what became of a
// commit that was begun.
func TestLockNotesCommit(t *testing.T) {
	tests := []struct {
		name    string
		between func(t *testing.T, h *Host, g git.Runner)
		noted   bool
	}{
		{"made", func(t *testing.T, _ *Host, g git.Runner) {
			run(t, g, "commit", "-q", "--allow-empty", "-m", "made")
		}, true},
		{"amended", func(t *testing.T, _ *Host, g git.Runner) {
			run(t, g, "commit", "-q", "--amend", "--allow-empty", "-m", "amended")
		}, true},
		{"not made yet", func(*testing.T, *Host, git.Runner) {}, false},
		{"something else came", func(t *testing.T, _ *Host, g git.Runner) {
			run(t, g, "update-ref", "-m", "pull", "refs/heads/web", commit(t, g, "pulled", head(t, g).String()))
		}, false},
		{"deletes", func(t *testing.T, h *Host, g git.Runner) {
			if err := h.AddDeletions([]string{"etc/motd"}); err != nil {
				t.Fatal(err)
			}
			run(t, g, "commit", "-q", "--allow-empty", "-m", "deletes")
		}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h, g := newHost(t)
			before := applyFirst(t, h, g)
			if err := h.BeginCommit(before); err != nil {
				t.Fatal(err)
			}
			test.between(t, h, g)
			unlock, err := h.Lock()
			if err != nil {
				t.Fatal(err)
			}
			defer unlock()
			want := before
			if test.noted {
				want = head(t, g)
			}
			if got, _, err := h.Applied(); got != want || err != nil {
				t.Errorf("Applied = %v, %v, want %v", got, err, want)
			}
		})
	}
}

// Who keeps no logs has the commit noted by who made it.
func TestCommittedWithoutLog(t *testing.T) {
	h, g := newHost(t)
	run(t, g, "config", "core.logAllRefUpdates", "false")
	before := applyFirst(t, h, g)
	if err := h.BeginCommit(before); err != nil {
		t.Fatal(err)
	}
	run(t, g, "commit", "-q", "--allow-empty", "-m", "made")
	unlock, err := h.Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	after := head(t, g)
	if err := h.Committed(before, after); err != nil {
		t.Fatal(err)
	}
	if got, _, err := h.Applied(); got != after || err != nil {
		t.Errorf("Applied = %v, %v, want %v", got, err, after)
	}
}

// applyFirst makes a first commit, which counts as applied.
func applyFirst(t *testing.T, h *Host, g git.Runner) chunkstore.ID {
	t.Helper()
	run(t, g, "commit", "-q", "--allow-empty", "-m", "first")
	id := head(t, g)
	if err := h.SetApplied(chunkstore.ID{}, id, "apply"); err != nil {
		t.Fatal(err)
	}
	return id
}

func head(t *testing.T, g git.Runner) chunkstore.ID {
	t.Helper()
	id, err := chunkstore.ParseID(run(t, g, "rev-parse", "HEAD"))
	if err != nil {
		t.Fatal(err)
	}
	return id
}
