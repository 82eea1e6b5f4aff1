// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/accounts"
	"github.com/git-devops/git-devops/plumbing/hostroot"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/plan"
	"github.com/git-devops/git-devops/plumbing/rootfs"
	"github.com/git-devops/git-devops/plumbing/worktree"
)

// TestExpectWhenTheClockWasSetBack has a file edited between the look and the
// first change of a run that began when the clock was a year ahead.
func TestExpectWhenTheClockWasSetBack(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("the file is to belong to root")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := errors.Join(os.WriteFile(path, []byte("x"), 0o644), os.Chmod(path, 0o644)); err != nil {
		t.Fatal(err)
	}
	root, err := rootfs.Open(dir, rootfs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	names, err := accounts.Read(root)
	if err != nil {
		t.Fatal(err)
	}
	live := node.Default(node.File, false)
	live.Content = chunkstore.BlobID([]byte("x"))
	target := live
	target.Content = chunkstore.BlobID([]byte("z"))
	p, err := plan.Make(plan.Input{Paths: []plan.Path{{Name: "file", Base: &live, Target: &target, Live: &live}}})
	if err != nil {
		t.Fatal(err)
	}
	e := &Engine{Opened: &hostroot.Opened{Root: root, Accounts: names, Work: &worktree.Worktree{}, Detached: true}}
	run := func() *Run {
		r := e.newRun(Request{})
		r.Plan, r.since = p, time.Now().AddDate(1, 0, 0)
		return r
	}
	if err := run().expectAll(t.Context()); err != nil {
		t.Errorf("nothing has changed: %v", err)
	}
	r := run()
	if err := os.WriteFile(path, []byte("y"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := r.expectAll(t.Context()); !errors.As(err, new(*rootfs.ChangedError)) {
		t.Errorf("the file has changed: %v", err)
	}
}
