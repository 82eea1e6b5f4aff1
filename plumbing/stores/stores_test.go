// SPDX-License-Identifier: Apache-2.0

package stores

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"filippo.io/age"
	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/chunkstore/passive"
	"github.com/git-devops/git-devops/chunkstore/storetest"
	"github.com/git-devops/git-devops/plumbing/copies"
	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
	"github.com/git-devops/git-devops/plumbing/repo"
)

type host struct {
	*Stores
	store *gitstore.Store
	repo  *repo.Repo
	dir   string
}

// newHost makes a repository.
func newHost(t *testing.T) *host {
	t.Helper()
	dir := t.TempDir()
	for _, v := range []string{"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"} {
		t.Setenv(v, "")
		os.Unsetenv(v)
	}
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	t.Setenv("HOME", dir)
	if out, err := exec.Command("git", "init", "-q", dir).CombinedOutput(); err != nil {
		t.Fatalf("git init: %v: %s", err, out)
	}
	r, err := repo.Open(repo.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	s, err := gitstore.Open(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return &host{New(r, git.Runner{Dir: dir}, os.Getenv), s, r, dir}
}

func (h *host) add(t *testing.T, c Config) *Store {
	t.Helper()
	s, _, err := h.Add(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// fill puts n chunks into the repository.
func (h *host) fill(t *testing.T, n int) (pieces []chunkstore.Piece) {
	t.Helper()
	b, err := h.store.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Abort()
	e := packfile.NewEncoder()
	for i := range n {
		data := make([]byte, 10_000+i)
		rand.NewChaCha8([32]byte{byte(i), byte(i >> 8)}).Read(data)
		id := chunkstore.BlobID(data)
		o := e.Encode(packfile.Blob, id, data)
		if err := b.Append(o); err != nil {
			t.Fatal(err)
		}
		o.Release()
		pieces = append(pieces, chunkstore.Piece{ID: id, Length: int64(len(data))})
	}
	if err := errors.Join(b.Commit(t.Context()), b.Settle()); err != nil {
		t.Fatal(err)
	}
	return pieces
}

func url(t *testing.T) string { return "dir:" + filepath.Join(t.TempDir(), "disk") }

func TestAddListRemove(t *testing.T) {
	h, at := newHost(t), url(t)
	s, created, err := h.Add(t.Context(), Config{Name: "disk.1", URL: at})
	if err != nil || !created {
		t.Fatal(created, err)
	}
	s.Close()
	again, created, err := h.Add(t.Context(), Config{Name: "two", URL: at})
	if err != nil || created {
		t.Fatalf("a store that is there: created %v, %v", created, err)
	}
	again.Close()
	list, err := h.List(t.Context())
	if err != nil || len(list) != 2 || list[0].Name != "disk.1" || list[0].ID != list[1].ID || list[0].URL != at {
		t.Errorf("%+v, %v", list, err)
	}
	if err := h.Remove(t.Context(), "disk.1"); err != nil {
		t.Error(err)
	}
	if _, err := h.Open(t.Context(), "disk.1"); !errors.Is(err, ErrUnknown) {
		t.Errorf("after Remove: %v", err)
	}
	if err := h.Remove(t.Context(), "disk.1"); !errors.Is(err, ErrUnknown) {
		t.Errorf("a second Remove: %v", err)
	}
	two, err := h.Open(t.Context(), "two")
	if err != nil {
		t.Fatalf("the other name: %v", err)
	}
	two.Close()
}

func TestOfflineAndAnother(t *testing.T) {
	h, at := newHost(t), url(t)
	h.add(t, Config{Name: "disk", URL: at})
	path := strings.TrimPrefix(at, "dir:")
	if err := os.Rename(path, path+"-shelf"); err != nil {
		t.Fatal(err)
	}
	var offline *passive.OfflineError
	if _, err := h.Open(t.Context(), "disk"); !errors.As(err, &offline) || !strings.Contains(err.Error(), "'disk'") {
		t.Errorf("on the shelf: %v", err)
	}
	// A name that is taken makes no store of the place.
	if _, _, err := h.Add(t.Context(), Config{Name: "disk", URL: at}); !errors.As(err, &offline) {
		t.Errorf("add over one that is offline: %v", err)
	}
	h.add(t, Config{Name: "other", URL: at})
	var wrong *passive.WrongStoreError
	if _, err := h.Open(t.Context(), "disk"); !errors.As(err, &wrong) {
		t.Errorf("another disk at its place: %v", err)
	}
	var exists *ExistsError
	if _, _, err := h.Add(t.Context(), Config{Name: "disk", URL: at}); !errors.As(err, &exists) {
		t.Errorf("add another under the same name: %v", err)
	}
	if s := h.add(t, Config{Name: "disk", URL: at + "-shelf"}); s.Config.URL != at+"-shelf" {
		t.Error("the store did not move")
	}
}

func TestBadConfig(t *testing.T) {
	h := newHost(t)
	for _, c := range []Config{
		{Name: "", URL: url(t)}, {Name: "-x", URL: url(t)}, {Name: "a/b", URL: url(t)}, {Name: "a\nb", URL: url(t)},
		{Name: "a", URL: ""}, {Name: "a", URL: "dir:"}, {Name: "a", URL: "dir:x"}, {Name: "a", URL: "dir:/x\ny"}, {Name: "a", URL: "ftp://x"},
		{Name: "a", URL: "s3:https://key:secret@host/bucket"}, {Name: "a", URL: url(t), Recipients: []string{"age1x"}},
	} {
		if _, _, err := h.Add(t.Context(), c); err == nil {
			t.Errorf("%+v: no error", c)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%+v: %v", c, err)
		}
	}
	set := func(key, value string) {
		if out, err := exec.Command("git", "-C", h.dir, "config", key, value).CombinedOutput(); err != nil {
			t.Fatalf("git config: %v: %s", err, out)
		}
	}
	set("devops.store.hand.url", url(t))
	var hand *notAdded
	if _, err := h.Open(t.Context(), "hand"); !errors.As(err, &hand) {
		t.Errorf("written by hand: %v", err)
	}
	set("devops.store.hand.id", "x")
	if _, err := h.List(t.Context()); err == nil {
		t.Error("an id that is none: no error")
	}
}

func key(t *testing.T, dir, name string) (public string) {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(id.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return id.Recipient().String()
}

func TestSealed(t *testing.T) {
	h, at := newHost(t), url(t)
	public := key(t, h.dir, "key")
	s := h.add(t, Config{Name: "disk", URL: at, Recipients: []string{public}})
	chunks := h.fill(t, 3)
	if _, err := s.CopyTo(t.Context(), h.store, chunks, CopyOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), chunks[0].ID); !errors.Is(err, passive.ErrKey) {
		t.Errorf("Get without an identity: %v", err)
	}
	if out, err := exec.Command("git", "-C", h.dir, "config", IdentityKey, "~/key").CombinedOutput(); err != nil {
		t.Fatalf("git config: %v: %s", err, out)
	}
	s, err := h.Open(t.Context(), "disk")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Get(t.Context(), chunks[0].ID); err != nil {
		t.Errorf("Get with the identity: %v", err)
	}
	// Another machine adds it without recipients: it cannot write.
	b := newHost(t)
	r := b.add(t, Config{Name: "disk", URL: at})
	if _, err := r.CopyTo(t.Context(), b.store, b.fill(t, 5), CopyOptions{}); !errors.Is(err, passive.ErrKey) {
		t.Errorf("a copy without recipients: %v", err)
	}
}

func TestSealIsSettled(t *testing.T) {
	h, at := newHost(t), url(t)
	h.add(t, Config{Name: "plain", URL: at})
	var seal *passive.SealError
	if _, _, err := h.Add(t.Context(), Config{Name: "x", URL: at, Recipients: []string{key(t, h.dir, "key")}}); !errors.As(err, &seal) {
		t.Errorf("recipients for a plain store: %v", err)
	}
	// Somebody makes the mark of a sealed store say that it is plain.
	at = url(t)
	s := h.add(t, Config{Name: "sealed", URL: at, Recipients: []string{key(t, h.dir, "key")}})
	mark := filepath.Join(strings.TrimPrefix(at, "dir:"), passive.MarkName)
	if err := os.Remove(mark); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(mark, passive.Mark{ID: s.Config.ID}.Encode(), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Open(t.Context(), "sealed"); !errors.As(err, &seal) {
		t.Errorf("a forged mark: %v", err)
	}
}

func TestCopyThereAndBack(t *testing.T) {
	a, at := newHost(t), url(t)
	s := a.add(t, Config{Name: "disk", URL: at})
	chunks := a.fill(t, 40)
	absent := chunkstore.Piece{ID: chunkstore.BlobID([]byte("absent")), Length: 6}
	some := append(slices.Clone(chunks[:30]), absent, chunks[0], chunkstore.Piece{Hole: true, Length: 9})

	dry, err := s.CopyTo(t.Context(), a.store, some, CopyOptions{DryRun: true})
	if err != nil || dry.Chunks != 31 || dry.There != 0 {
		t.Errorf("dry run: %+v, %v", dry, err)
	}
	done, err := s.CopyTo(t.Context(), a.store, some, CopyOptions{})
	if err != nil || done.Chunks != 30 || len(done.Absent) != 1 || done.Absent[absent.ID] == nil {
		t.Errorf("copy: %+v, %v", done, err)
	}
	done, err = s.CopyTo(t.Context(), a.store, chunks, CopyOptions{})
	if err != nil || done.Chunks != 10 || done.There != 30 {
		t.Errorf("the rest: %+v, %v", done, err)
	}
	if k, err := a.Known("disk"); err != nil || len(k.IDs) != 40 || k.Origin != s.Config.ID {
		t.Errorf("known are %d, %v", len(k.IDs), err)
	}

	b := newHost(t)
	r := b.add(t, Config{Name: "disk", URL: at})
	var bytes int64
	back, err := r.CopyFrom(t.Context(), b.store, some, CopyOptions{Progress: func(n int64) { bytes += n }})
	if err != nil || back.Chunks != 30 || len(back.Absent) != 1 || bytes != back.Bytes {
		t.Errorf("copy back: %+v, %v", back, err)
	}
	for _, c := range chunks[:30] {
		if _, err := b.store.Get(t.Context(), c.ID); err != nil {
			t.Error(err)
		}
	}
	back, err = r.CopyFrom(t.Context(), b.store, chunks, CopyOptions{})
	if err != nil || back.Chunks != 10 || back.There != 30 {
		t.Errorf("copy back the rest: %+v, %v", back, err)
	}
}

func TestCopyOfDamaged(t *testing.T) {
	h := newHost(t)
	s := h.add(t, Config{Name: "disk", URL: url(t)})
	chunks := h.fill(t, 5)
	lying := storetest.Lying(h.store)
	done, err := s.CopyTo(t.Context(), lying, chunks, CopyOptions{})
	if err != nil || done.Chunks != 0 || len(done.Absent) != 5 {
		t.Errorf("from a liar: %+v, %v", done, err)
	}
	if n, err := s.Check(t.Context(), CheckOptions{}); n != 0 || err != nil {
		t.Errorf("in the store are %d, %v", n, err)
	}
}

// TestCopyIsResumed: what an interrupted copy has done is not done again.
func TestCopyIsResumed(t *testing.T) {
	h := newHost(t)
	s := h.add(t, Config{Name: "disk", URL: url(t)})
	chunks := h.fill(t, partChunks+88)
	ctx, cancel := context.WithCancel(t.Context())
	var n atomic.Int64
	from := &storetest.Faulty{Store: h.store, OnGet: func(_ context.Context, _ chunkstore.ID, data []byte, err error) ([]byte, error) {
		if n.Add(1) == partChunks+20 {
			cancel()
		}
		return data, err
	}}
	done, err := s.CopyTo(ctx, from, chunks, CopyOptions{})
	if !errors.Is(err, context.Canceled) || done.Chunks != partChunks {
		t.Errorf("interrupted: %+v, %v", done, err)
	}
	done, err = s.CopyTo(t.Context(), h.store, chunks, CopyOptions{})
	if err != nil || done.Chunks != 88 || done.There != partChunks {
		t.Errorf("again: %+v, %v", done, err)
	}
}

func TestFullAndVanished(t *testing.T) {
	h, path := newHost(t), t.TempDir()
	if err := unix.Mount("tmpfs", path, "tmpfs", 0, "size=300k"); err != nil {
		t.Skip("cannot mount:", err)
	}
	t.Cleanup(func() { unix.Unmount(path, unix.MNT_DETACH) })
	s := h.add(t, Config{Name: "disk", URL: "dir:" + path})
	chunks := h.fill(t, 60)
	var full *passive.FullError
	if _, err := s.CopyTo(t.Context(), h.store, chunks, CopyOptions{}); !errors.As(err, &full) {
		t.Errorf("a full disk: %v", err)
	}
	n, err := s.Check(t.Context(), CheckOptions{Read: true, Report: func(d Damage) { t.Error(d.Err) }})
	if err != nil || n > 60 {
		t.Errorf("on the full disk are %d, %v", n, err)
	}
	from := &storetest.Faulty{Store: h.store, OnGet: func(_ context.Context, _ chunkstore.ID, data []byte, err error) ([]byte, error) {
		unix.Unmount(path, unix.MNT_DETACH)
		return data, err
	}}
	var offline *passive.OfflineError
	if _, err := s.CopyTo(t.Context(), from, chunks[:5], CopyOptions{}); !errors.As(err, &offline) {
		t.Errorf("unmounted half-way: %v", err)
	}
	if left, err := os.ReadDir(path); err != nil || len(left) > 0 {
		t.Errorf("below the mount point: %v, %v", left, err)
	}
}

func TestCheckFindsDamage(t *testing.T) {
	h, at := newHost(t), url(t)
	s := h.add(t, Config{Name: "disk", URL: at})
	chunks := h.fill(t, 5)
	if _, err := s.CopyTo(t.Context(), h.store, chunks, CopyOptions{}); err != nil {
		t.Fatal(err)
	}
	name := chunks[2].ID.String()
	path := filepath.Join(strings.TrimPrefix(at, "dir:"), "objects", name[:2], name[2:])
	if err := os.Truncate(path, 100); err != nil {
		t.Fatal(err)
	}
	var found []chunkstore.ID
	n, err := s.Check(t.Context(), CheckOptions{Read: true, Report: func(d Damage) { found = append(found, d.ID) }})
	if err != nil || n != 5 || !slices.Equal(found, []chunkstore.ID{chunks[2].ID}) {
		t.Errorf("%d chunks, damaged %v, %v", n, found, err)
	}
}

func TestDeleteGuarded(t *testing.T) {
	h := newHost(t)
	s := h.add(t, Config{Name: "disk", URL: url(t)})
	chunks := h.fill(t, 6)
	if _, err := s.CopyTo(t.Context(), h.store, chunks, CopyOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := h.store.Drop(t.Context(), ids(chunks[:2])); err != nil {
		t.Fatal(err)
	}
	custody, err := copies.Open(h.repo.CommonDir(), h.store)
	if err != nil {
		t.Fatal(err)
	}
	guard, err := copies.NewGuard(t.Context(), custody, ids(chunks), copies.DropOptions{NumCopies: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer guard.Release()
	deleted, err := s.DeleteGuarded(t.Context(), guard, nil)
	if err != nil || len(deleted) != 4 {
		t.Errorf("deleted %d, %v", len(deleted), err)
	}
	have, err := s.Have(t.Context(), ids(chunks))
	if want := []bool{true, true, false, false, false, false}; err != nil || !slices.Equal(have, want) {
		t.Errorf("left are %v, %v", have, err)
	}
	if k, err := h.Known("disk"); err != nil || len(k.IDs) != 2 {
		t.Errorf("known are %d, %v", len(k.IDs), err)
	}
}

func TestParts(t *testing.T) {
	pieces := make([]chunkstore.Piece, partChunks+1)
	pieces[0].Length = partBytes
	var got []string
	for p := range parts(pieces) {
		got = append(got, fmt.Sprint(len(p)))
	}
	if strings.Join(got, " ") != fmt.Sprint("1 ", partChunks) {
		t.Error(got)
	}
}
