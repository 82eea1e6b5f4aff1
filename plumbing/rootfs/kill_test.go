// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/node"
)

// killedDir names the root for the process that is killed.
const killedDir = "ROOTFS_TEST_KILLED"

// Wherever a run is killed, each path is old or new, and Recover removes the
// rest.
func TestKilled(t *testing.T) {
	asRoot(t)
	r, dir, _ := newRoot(t)
	write(t, dir+"/unmanaged", "precious")
	for i := range 25 {
		child := exec.Command(os.Args[0], "-test.run=^TestKilledRun$")
		child.Env = append(os.Environ(), killedDir+"="+dir)
		must(t, child.Start())
		time.Sleep(time.Duration(20+2*i) * time.Millisecond)
		must(t, child.Process.Kill())
		if err := child.Wait(); !strings.Contains(fmt.Sprint(err), "killed") {
			t.Fatalf("the run ended by itself: %v", err)
		}
		_, err := r.Recover("killed", []string{".", "p"})
		must(t, err)
		wantOldOrNew(t, r, dir)
	}
	if content(t, dir+"/unmanaged") != "precious" {
		t.Error("the unmanaged file has changed")
	}
}

func wantOldOrNew(t *testing.T, r *Root, dir string) {
	t.Helper()
	for _, path := range tree(t, dir) {
		if IsTemporary(filepath.Base(path)) {
			t.Errorf("%s is left", path)
		}
	}
	switch info := seen(t, r, "p"); {
	case info == nil:
	case typeOf(info) == node.File:
		wantWhole(t, r, dir, "p")
	case typeOf(info) == node.Dir:
		wantNode(t, r, "p", everyAspectOfDir())
		if seen(t, r, "p/q") != nil {
			wantWhole(t, r, dir, "p/q")
		}
	}
}

func wantWhole(t *testing.T, r *Root, dir, path string) {
	t.Helper()
	wantNode(t, r, path, everyAspect(node.File))
	if got := content(t, dir+"/"+path); got != long {
		t.Errorf("%s has %d bytes", path, len(got))
	}
}

var long = strings.Repeat("content ", 10_000)

func everyAspectOfDir() Want {
	w := everyAspect(node.Dir)
	w.Node.Mtime = nil
	return w
}

// TestKilledRun is the run that is killed: p is a file, a directory with a file
// in it, and nothing, in turns.
func TestKilledRun(t *testing.T) {
	dir := os.Getenv(killedDir)
	if dir == "" {
		t.Skip("runs as a part of TestKilled")
	}
	r := openRoot(t, dir)
	whole := everyAspect(node.File)
	whole.Fill = file(long).Fill
	for {
		b, err := r.Begin("killed")
		must(t, err)
		clearAway(t, b, "p/q")
		clearAway(t, b, "p")
		must(t, put(t, b, "p", whole))
		_, err = b.Mkdir("p", everyAspectOfDir(), seen(t, r, "p"))
		must(t, err)
		must(t, put(t, b, "p/q", whole))
		must(t, put(t, b, "p/q", whole))
		must(t, b.Close())
	}
}

// clearAway removes what is at a path.
func clearAway(t *testing.T, b *Batch, path string) {
	t.Helper()
	info, err := b.root.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENOTDIR):
		return
	case err == nil && typeOf(&info) == node.Dir:
		err = b.Rmdir(path, info)
	case err == nil:
		err = b.Remove(path, info)
	}
	must(t, err)
}
