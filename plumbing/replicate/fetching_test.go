// SPDX-License-Identifier: Apache-2.0

package replicate

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/git"
)

// killed marks the repository at common as fetching, and makes files there as
// a fetch would that is killed then.
func killed(t *testing.T, common string, files map[string]string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(common, "devops"), 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(common, "devops", "fetching"), "")
	for name, text := range files {
		write(t, filepath.Join(common, name), text)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func exists(t *testing.T, path string) bool {
	t.Helper()
	_, err := os.Lstat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return err == nil
}

// beginAndEnd does what a sync does that has nothing to fetch.
func beginAndEnd(t *testing.T, dir string) {
	t.Helper()
	g := git.Runner{Dir: dir}
	f, err := Begin(t.Context(), g, filepath.Join(dir, ".git"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.End(); err != nil {
		t.Fatal(err)
	}
}

func TestBeginClearsRests(t *testing.T) {
	g := twoPeers(t)
	common := filepath.Join(g.Dir, ".git")
	run(t, g.Dir, "config", "remote.b.fetch", "+refs/heads/main:refs/elsewhere/one")
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	keep := func(pid int, host string) string { return fmt.Sprintf("fetch-pack %d on %s\n", pid, host) }

	write(t, filepath.Join(common, "refs/remotes/a/older.lock"), "")
	write(t, filepath.Join(common, "refs/tags/ours.staged"), "")
	time.Sleep(20 * time.Millisecond) // the clock of files ticks slowly
	gone := map[string]string{
		"refs/remotes/a/main.lock": "", "refs/remotes/a/deep/er.lock": "x", "refs/tags/v1.lock": "",
		"refs/devops/offers/a/chunks.lock": "", "refs/elsewhere/one.lock": "",
		"packed-refs.lock": "", "packed-refs.new": "x", "shallow.lock": "",
		"objects/pack/pack-1.keep": keep(dead.Process.Pid, host),
	}
	stays := map[string]string{
		"refs/heads/main.lock": "", "refs/elsewhere/two.lock": "", "index.lock": "", "refs/remotes/a/main": "",
		"objects/pack/pack-2.keep": keep(os.Getpid(), host), "objects/pack/pack-3.keep": keep(dead.Process.Pid, "another"),
		"objects/pack/pack-4.keep": "git-devops chunks\n", "objects/pack/pack-5.keep": "",
	}
	killed(t, common, gone)
	for name, text := range stays {
		write(t, filepath.Join(common, name), text)
	}
	if err := os.Link(filepath.Join(common, "refs/tags/ours.staged"), filepath.Join(common, "refs/tags/ours.lock")); err != nil {
		t.Fatal(err)
	}
	stays["refs/tags/ours.lock"], stays["refs/remotes/a/older.lock"] = "", ""

	beginAndEnd(t, g.Dir)
	for name := range gone {
		if exists(t, filepath.Join(common, name)) {
			t.Errorf("%s is left", name)
		}
	}
	for name := range stays {
		if !exists(t, filepath.Join(common, name)) {
			t.Errorf("%s is gone", name)
		}
	}
	if exists(t, filepath.Join(common, "devops", "fetching")) {
		t.Error("the mark is left")
	}
}

func TestBeginWithoutMarkClearsNothing(t *testing.T) {
	g := twoPeers(t)
	lock := filepath.Join(g.Dir, ".git", "refs/remotes/a/main.lock")
	killed(t, filepath.Join(g.Dir, ".git"), nil)
	beginAndEnd(t, g.Dir)
	write(t, lock, "")
	beginAndEnd(t, g.Dir)
	if !exists(t, lock) {
		t.Error("another's lock is gone")
	}
}

// A living git may have the lock that is there now.
func TestBeginLeavesLocksThatChange(t *testing.T) {
	g := twoPeers(t)
	common := filepath.Join(g.Dir, ".git")
	lock := filepath.Join(common, "refs/remotes/a/main.lock")
	killed(t, common, map[string]string{"refs/remotes/a/main.lock": ""})
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case <-time.After(untouched / 10):
				_ = os.WriteFile(lock+"2", nil, 0o666)
				_ = os.Rename(lock+"2", lock)
			}
		}
	}()
	beginAndEnd(t, g.Dir)
	close(stop)
	<-stopped
	if !exists(t, lock) {
		t.Error("a lock in use is gone")
	}
}

// Whoever was started by a fetch keeps it from being taken for dead.
func TestBeginWaitsForTheLiving(t *testing.T) {
	g := twoPeers(t)
	common := filepath.Join(g.Dir, ".git")
	killed(t, common, map[string]string{"refs/remotes/a/main.lock": ""})
	mark, err := os.Open(filepath.Join(common, "devops", "fetching"))
	if err != nil {
		t.Fatal(err)
	}
	defer mark.Close()
	if err := unix.Flock(int(mark.Fd()), unix.LOCK_SH); err != nil {
		t.Fatal(err)
	}
	survivor := exec.Command("sleep", "0.3")
	survivor.ExtraFiles = []*os.File{mark}
	if err := survivor.Start(); err != nil {
		t.Fatal(err)
	}
	mark.Close()
	ended := make(chan error, 1)
	go func() { ended <- survivor.Wait() }()
	beginAndEnd(t, g.Dir)
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	default:
		t.Error("it did not wait")
	}
	if exists(t, filepath.Join(common, "refs/remotes/a/main.lock")) {
		t.Error("the lock is left")
	}
}
