// SPDX-License-Identifier: Apache-2.0

package repo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
)

func blobs(t *testing.T, r *Repo, n int) []chunkstore.ID {
	t.Helper()
	ids := make([]chunkstore.ID, n)
	for i := range ids {
		var err error
		if ids[i], err = r.WriteObject("blob", []byte(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	return ids
}

func TestRef(t *testing.T) {
	r := newRepo(t)
	if _, ok, err := r.Ref("HEAD"); ok || err != nil {
		t.Errorf("no commit yet: %v %v", ok, err)
	}
	r = newCommit(t)
	want := strings.TrimSpace(runGit(t, r.WorkTree(), "rev-parse", "HEAD"))
	for _, name := range []string{"HEAD", "refs/heads/main"} {
		if id, ok, err := r.Ref(name); id.String() != want || !ok || err != nil {
			t.Errorf("%s: %v %v %v", name, id, ok, err)
		}
	}
	if _, ok, err := r.Ref("refs/heads/absent"); ok || err != nil {
		t.Errorf("absent: %v %v", ok, err)
	}
}

func TestSwapRef(t *testing.T) {
	r := newRepo(t)
	id := blobs(t, r, 3)
	const name = "refs/devops/held"
	steps := []struct {
		name     string
		old, new chunkstore.ID
		want     error
	}{
		{"absent, expected to be there", id[0], id[1], ErrRefMoved},
		{"create", chunkstore.ID{}, id[0], nil},
		{"create again", chunkstore.ID{}, id[1], ErrRefMoved},
		{"move", id[0], id[1], nil},
		{"move from the past", id[0], id[2], ErrRefMoved},
		{"same", id[1], id[1], nil},
	}
	for _, s := range steps {
		if err := r.SwapRef(name, s.old, s.new, s.name); !errors.Is(err, s.want) {
			t.Errorf("%s: %v", s.name, err)
		}
	}
	runGit(t, r.WorkTree(), "pack-refs", "--all", "--prune")
	if err := r.SwapRef(name, id[1], id[2], "packed"); err != nil {
		t.Errorf("packed: %v", err)
	}
	if got := strings.TrimSpace(runGit(t, r.WorkTree(), "rev-parse", name)); got != id[2].String() {
		t.Errorf("git sees %s", got)
	}
	runGit(t, r.WorkTree(), "fsck", "--strict")
	for _, bad := range []string{"refs/heads/main", "refs/devops/../heads/x", "refs/devops/a.lock", "refs/devops/"} {
		if err := r.SwapRef(bad, chunkstore.ID{}, id[0], ""); err == nil {
			t.Errorf("%s was created", bad)
		}
	}
}

func TestSwapRefShared(t *testing.T) {
	r := newCommit(t)
	linked := filepath.Join(realDir(t), "linked")
	runGit(t, r.WorkTree(), "worktree", "add", "-q", linked)
	other := mustOpen(t, Options{Dir: linked})
	id := blobs(t, r, 1)[0]
	if err := other.SwapRef("refs/devops/held", chunkstore.ID{}, id, ""); err != nil {
		t.Fatal(err)
	}
	if got, _, err := r.Ref("refs/devops/held"); got != id || err != nil {
		t.Errorf("main work tree sees %v %v", got, err)
	}
}

func TestSwapRefLocks(t *testing.T) {
	r := newRepo(t)
	id := blobs(t, r, 2)
	const name = "refs/devops/held"
	p := r.refReplacement(name)

	// A process that died between taking the lock and moving the ref.
	guard, err := p.begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(p.stage([]byte("x"), 0), p.takeLock(t.Context()), guard.Close()); err != nil {
		t.Fatal(err)
	}
	if err := r.SwapRef(name, chunkstore.ID{}, id[0], ""); err != nil {
		t.Errorf("a dead one's lock: %v", err)
	}

	write(t, p.lock(), "git's")
	r.lockWait = 10 * time.Millisecond
	if err := r.SwapRef(name, id[0], id[1], ""); !errors.Is(err, ErrBusy) {
		t.Errorf("git's lock: %v", err)
	}
	if _, err := os.Stat(p.lock()); err != nil {
		t.Errorf("git's lock is gone: %v", err)
	}
	if _, err := os.Stat(p.staged); err == nil {
		t.Error("the staged file was left")
	}
}

func TestSwapRefConcurrently(t *testing.T) {
	r := newRepo(t)
	const name, workers, each = "refs/devops/held", 4, 10
	ids := blobs(t, r, workers*each+1)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				for {
					old, _, err := r.Ref(name)
					if err == nil {
						err = r.SwapRef(name, old, ids[w*each+i], "")
					}
					if err == nil {
						break
					}
					if !errors.Is(err, ErrRefMoved) {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	for range 5 {
		runGit(t, r.WorkTree(), "pack-refs", "--all", "--prune")
	}
	wg.Wait()
}

func TestSwapRefLog(t *testing.T) {
	r := newRepo(t)
	id := blobs(t, r, 2)
	const name = "refs/devops/held"
	if err := r.SwapRef(name, chunkstore.ID{}, id[0], "one"); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(r.GitDir(), "logs", name)
	write(t, log, "")
	if err := r.SwapRef(name, id[0], id[1], "two\nlines"); err != nil {
		t.Fatal(err)
	}
	got := string(mustBytes(t, log))
	if !strings.HasPrefix(got, id[0].String()+" "+id[1].String()+" ") || !strings.HasSuffix(got, "\ttwo lines\n") {
		t.Errorf("reflog: %q", got)
	}
	runGit(t, r.WorkTree(), "fsck", "--strict")
}
