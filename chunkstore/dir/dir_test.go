// SPDX-License-Identifier: Apache-2.0

package dir

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/chunkstore/passive"
	"github.com/git-devops/git-devops/chunkstore/storetest"
)

func newDir(t *testing.T, path string) *Dir {
	t.Helper()
	d, err := Create(path, passive.Mark{ID: passive.NewStoreID()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func store(t *testing.T, d *Dir) *passive.Store {
	t.Helper()
	s, err := passive.New(d, passive.Plain{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// damaged is a store whose disk can be damaged.
type damaged struct {
	*passive.Store
	d *Dir
}

func (s damaged) Corrupt(t testing.TB, id chunkstore.ID) {
	path := filepath.Join(s.d.path, s.d.body(id))
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	body[len(body)/2] ^= 1
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, body, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestConformance(t *testing.T) {
	open := func(t *testing.T) *Dir { return newDir(t, filepath.Join(t.TempDir(), "disk")) }
	storetest.Run(t, func(t *testing.T) chunkstore.Store {
		d := open(t)
		return damaged{store(t, d), d}
	})
	for _, syncfs := range []bool{true, false} {
		t.Run(fmt.Sprintf("syncfs %v", syncfs), func(t *testing.T) {
			storetest.RunPassive(t, func(t *testing.T) *passive.Store {
				d := open(t)
				d.syncfs = syncfs
				return store(t, d)
			})
		})
	}
}

func TestGitReadsIt(t *testing.T) {
	disk, repo := filepath.Join(t.TempDir(), "disk"), t.TempDir()
	s := store(t, newDir(t, disk))
	contents := [][]byte{{}, []byte("text"), bytes.Repeat([]byte("text "), 50_000), random(1 << 20)}
	git := func(args ...string) []byte {
		out, err := exec.Command("git", append([]string{"-C", repo}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
		return out
	}
	git("init", "-q")
	if err := os.WriteFile(filepath.Join(repo, ".git/objects/info/alternates"), []byte(disk+"/objects\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, content := range contents {
		id := chunkstore.BlobID(content)
		if err := s.Put(t.Context(), id, content); err != nil {
			t.Fatal(err)
		}
		if got := git("cat-file", "blob", id.String()); !bytes.Equal(got, content) {
			t.Errorf("git reads %d bytes, not the %d that were put", len(got), len(content))
		}
	}
	git("fsck", "--full", "--strict")
}

func TestOffline(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"no mark": dir, "no directory": dir + "/none", "a file": file} {
		_, err := Open(path)
		var offline *passive.OfflineError
		if !errors.As(err, &offline) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCreateKeepsWhatIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "disk")
	first := newDir(t, path)
	second, err := Create(path, passive.Mark{ID: passive.NewStoreID(), Sealed: true})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if first.Mark() != second.Mark() {
		t.Error("the mark was replaced")
	}
	if err := os.WriteFile(filepath.Join(path, passive.MarkName), []byte("git-devops store 2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(path, first.Mark()); !errors.Is(err, chunkstore.ErrVersion) {
		t.Errorf("over a newer mark: %v", err)
	}
}

func TestTempFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "disk")
	d := newDir(t, path)
	living, err := d.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer living.Abort()
	id := chunkstore.BlobID([]byte("living"))
	if err := living.Write(t.Context(), id, []byte("body")); err != nil {
		t.Fatal(err)
	}
	plant := func(name string, size int, age time.Duration) string {
		p := filepath.Join(path, tmpDir, name)
		if err := os.WriteFile(p, make([]byte, size), 0o444); err != nil {
			t.Fatal(err)
		}
		when := time.Now().Add(-age)
		if err := os.Chtimes(p, when, when); err != nil {
			t.Fatal(err)
		}
		return p
	}
	dead := plant(tmpPrefix+"dead", 10, 0)
	empty := plant(tmpPrefix+"empty", 0, 0)
	other := plant("other", 10, 48*time.Hour)
	again, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	for p, want := range map[string]bool{dead: false, empty: false, other: true} {
		if _, err := os.Lstat(p); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", filepath.Base(p), err == nil, want)
		}
	}
	if err := living.Commit(t.Context()); err != nil {
		t.Errorf("the living writer's file was taken away: %v", err)
	}
}

func TestModes(t *testing.T) {
	d := newDir(t, filepath.Join(t.TempDir(), "disk"))
	id := chunkstore.BlobID([]byte("x"))
	if err := store(t, d).Put(t.Context(), id, []byte("x")); err != nil {
		t.Fatal(err)
	}
	fi, err := d.root.Stat(d.body(id))
	if err != nil || fi.Mode().Perm() != 0o444 {
		t.Errorf("mode %v, %v", fi.Mode(), err)
	}
	left, err := os.ReadDir(filepath.Join(d.path, tmpDir))
	if err != nil || len(left) > 0 {
		t.Errorf("left in %s: %v, %v", tmpDir, left, err)
	}
}

// TestNothingLeavesTheDirectory: links on a hostile disk lead nowhere.
func TestNothingLeavesTheDirectory(t *testing.T) {
	top := t.TempDir()
	outside := filepath.Join(top, "outside")
	d := newDir(t, filepath.Join(top, "disk"))
	content := []byte("x")
	id := chunkstore.BlobID(content)
	for _, p := range []string{outside, filepath.Join(d.path, objectsDir)} {
		if err := os.Mkdir(p, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(d.path, objectsDir, id.String()[:2])); err != nil {
		t.Fatal(err)
	}
	if err := store(t, d).Put(t.Context(), id, content); err == nil {
		t.Error("Put through a link that leads out: no error")
	}
	if left, err := os.ReadDir(outside); err != nil || len(left) > 0 {
		t.Errorf("written outside: %v, %v", left, err)
	}
}

func TestErrorsOfTheDisk(t *testing.T) {
	d := &Dir{path: "/disk"}
	var full *passive.FullError
	var offline *passive.OfflineError
	for _, errno := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT} {
		if err := d.wrap("write", &os.PathError{Op: "write", Err: errno}); !errors.As(err, &full) {
			t.Errorf("%v: %v", errno, err)
		}
	}
	for _, errno := range []syscall.Errno{syscall.EIO, syscall.ENODEV, syscall.ESTALE} {
		if err := d.wrap("read", &os.PathError{Op: "read", Err: errno}); !errors.As(err, &offline) {
			t.Errorf("%v: %v", errno, err)
		}
	}
}

// small mounts a file system of 4 MiB.
func small(t *testing.T) string {
	t.Helper()
	path := t.TempDir()
	if err := unix.Mount("tmpfs", path, "tmpfs", 0, "size=4m"); err != nil {
		t.Skip("cannot mount:", err)
	}
	t.Cleanup(func() { unix.Unmount(path, unix.MNT_DETACH) })
	return path
}

func TestFullDisk(t *testing.T) {
	s := store(t, newDir(t, small(t)))
	whole := random(1 << 20)
	if err := s.Put(t.Context(), chunkstore.BlobID(whole), whole); err != nil {
		t.Fatal(err)
	}
	b, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	big := random(5 << 20)
	var full *passive.FullError
	if err := b.Put(t.Context(), chunkstore.BlobID(big), big); !errors.As(err, &full) {
		t.Errorf("Put on a full disk: %v", err)
	}
	b.Abort()
	var ids []chunkstore.ID
	err = s.Each(t.Context(), func(id chunkstore.ID) error { ids = append(ids, id); return nil })
	if err != nil || len(ids) != 1 {
		t.Errorf("on the full disk are %d chunks, %v", len(ids), err)
	}
	if _, err := s.Get(t.Context(), chunkstore.BlobID(whole)); err != nil {
		t.Error(err)
	}
	next := random(2 << 20)
	if err := s.Put(t.Context(), chunkstore.BlobID(next), next); err != nil {
		t.Errorf("the failed Put has left its bytes: %v", err)
	}
}

// TestVanishedDisk: an unmounted disk is offline, and what lies below its
// mount point is neither read nor written.
func TestVanishedDisk(t *testing.T) {
	path := small(t)
	d := newDir(t, path)
	s := store(t, d)
	content := []byte("content")
	id := chunkstore.BlobID(content)
	if err := s.Put(t.Context(), id, content); err != nil {
		t.Fatal(err)
	}
	if err := unix.Unmount(path, unix.MNT_DETACH); err != nil {
		t.Fatal(err)
	}
	other := []byte("other")
	_, has := s.Has(t.Context(), chunkstore.BlobID(other))
	_, get := s.Get(t.Context(), chunkstore.BlobID(other))
	for what, err := range map[string]error{
		"Put":    s.Put(t.Context(), chunkstore.BlobID(other), other),
		"Has":    has,
		"Get":    get,
		"Delete": s.Delete(t.Context(), id),
		"Each":   s.Each(t.Context(), func(chunkstore.ID) error { return nil }),
	} {
		if _, ok := errors.AsType[*passive.OfflineError](err); !ok {
			t.Errorf("%s: %v, want an *OfflineError", what, err)
		}
	}
	if left, err := os.ReadDir(path); err != nil || len(left) > 0 {
		t.Errorf("below the mount point: %v, %v", left, err)
	}
}

func random(n int) []byte {
	data := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16)}).Read(data)
	return data
}
