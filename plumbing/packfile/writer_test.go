// SPDX-License-Identifier: Apache-2.0

package packfile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/chunkstore"
)

// A history is one object of each kind.
func history() []item {
	blob := item{Blob, []byte("hello\n")}
	id := blob.id()
	tree := item{Tree, append([]byte("100644 file\x00"), id[:]...)}
	who := "A U Thor <author@example.org> 1112911993 -0700"
	commit := item{Commit, fmt.Appendf(nil, "tree %s\nauthor %s\ncommitter %s\n\nsubject\n", tree.id(), who, who)}
	tag := item{Tag, fmt.Appendf(nil, "object %s\ntype commit\ntag v1\ntagger %s\n\nmessage\n", commit.id(), who)}
	return []item{blob, tree, commit, tag}
}

func TestGitAcceptsPack(t *testing.T) {
	items := append(mixed(), history()...)
	for name, tc := range map[string]struct {
		items  []item
		expect int
	}{
		"expected count":   {items, len(items) - 1}, // "hello\n" is there twice
		"unexpected count": {items, 3},
		"one object":       {items[:1], 1},
		"no compression":   {blobs(random(1, 3<<20)), 1},
	} {
		t.Run(name, func(t *testing.T) {
			repo := t.TempDir()
			git(t, repo, nil, "init", "-q", "--bare", ".")
			objects := filepath.Join(repo, "objects")
			p := write(t, objects, tc.expect, tc.items)
			git(t, repo, nil, "verify-pack", p.Path)
			git(t, repo, nil, "index-pack", "--verify", "--strict", p.Path)
			git(t, repo, nil, "fsck", "--full", "--strict")
			var in, want strings.Builder
			for _, it := range tc.items {
				fmt.Fprintln(&in, it.id())
				fmt.Fprintf(&want, "%s %s %d\n%s\n", it.id(), it.kind, len(it.data), it.data)
			}
			if git(t, repo, []byte(in.String()), "cat-file", "--batch") != want.String() {
				t.Error("git reads other content than was written")
			}
		})
	}
}

func TestGitRepacksPack(t *testing.T) {
	repo := t.TempDir()
	git(t, repo, nil, "init", "-q", "--bare", ".")
	write(t, filepath.Join(repo, "objects"), 1, append(mixed(), history()...))
	tag := history()[3].id().String()
	git(t, repo, nil, "update-ref", "refs/tags/v1", tag)
	git(t, repo, nil, "repack", "-adq")
	git(t, repo, nil, "fsck", "--full", "--strict")
	if got := git(t, repo, nil, "rev-parse", "v1^{tag}"); got != tag+"\n" {
		t.Errorf("tag is %s", got)
	}
}

func TestWriterCounts(t *testing.T) {
	w, err := Create(t.TempDir(), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	items := blobs([]byte("one"), random(1, 100_000), []byte("one"), random(1, 100_000))
	appendAll(t, w, items)
	if w.Len() != 2 || !w.Has(items[0].id()) || !w.Has(items[1].id()) || w.Has(chunkstore.ID{}) {
		t.Errorf("Len = %d", w.Len())
	}
	if w.Bytes() < 100_000 || w.Bytes() > 100_100 {
		t.Errorf("Bytes = %d", w.Bytes())
	}
}

func TestFinishFiles(t *testing.T) {
	for _, keep := range []string{"", "because\n"} {
		t.Run("keep="+strings.TrimSpace(keep), func(t *testing.T) {
			spool, packs := t.TempDir(), t.TempDir()
			w, err := Create(spool, 1)
			if err != nil {
				t.Fatal(err)
			}
			appendAll(t, w, blobs([]byte("x")))
			p, err := w.Finish(packs, keep)
			if err != nil {
				t.Fatal(err)
			}
			want := []string{"pack-" + p.Name + ".idx", "pack-" + p.Name + ".keep", "pack-" + p.Name + ".pack"}
			if keep == "" {
				want = []string{want[0], want[2]}
			}
			if diff := cmp.Diff(want, names(t, packs)); diff != "" {
				t.Error(diff)
			}
			if left := names(t, spool); len(left) > 0 {
				t.Errorf("left in the spool: %q", left)
			}
			for _, name := range want {
				fi, err := os.Stat(filepath.Join(packs, name))
				if err != nil || fi.Mode().Perm()&0o333 != 0 {
					t.Errorf("%s: %v, %v", name, fi.Mode(), err)
				}
			}
			if fi, err := os.Stat(p.Path); err != nil || fi.Size() != p.Size {
				t.Errorf("size is %d, want %d (%v)", fi.Size(), p.Size, err)
			}
			if got, _ := os.ReadFile(filepath.Join(packs, "pack-"+p.Name+".keep")); string(got) != keep {
				t.Errorf("keep holds %q", got)
			}
			w.Abort()
			if err := w.Append(NewEncoder().Encode(Blob, chunkstore.ID{}, nil)); !errors.Is(err, ErrClosed) {
				t.Errorf("Append after Finish: %v", err)
			}
			if _, err := w.Finish(packs, ""); !errors.Is(err, ErrClosed) {
				t.Errorf("Finish after Finish: %v", err)
			}
		})
	}
}

func TestAbortRemoves(t *testing.T) {
	spool := t.TempDir()
	w, err := Create(spool, 1)
	if err != nil {
		t.Fatal(err)
	}
	appendAll(t, w, blobs(random(1, 1<<20)))
	w.Abort()
	w.Abort()
	if left := names(t, spool); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

func TestFailuresLeaveNothing(t *testing.T) {
	spool, packs := t.TempDir(), t.TempDir()
	create := func() *Writer {
		w, err := Create(spool, 1)
		if err != nil {
			t.Fatal(err)
		}
		appendAll(t, w, blobs([]byte("x")))
		return w
	}
	empty, err := Create(spool, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := empty.Finish(packs, "keep"); !errors.Is(err, ErrEmpty) {
		t.Errorf("Finish without objects: %v", err)
	}
	if _, err := create().Finish(filepath.Join(packs, "absent"), "keep"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Finish into no directory: %v", err)
	}

	if left := names(t, spool); len(left) > 0 {
		t.Errorf("left in the spool: %q", left)
	}
}

func TestWriteErrorIsSticky(t *testing.T) {
	w, err := Create(t.TempDir(), 1)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Open("/dev/full", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skip(err)
	}
	// The name must not be the device's: Abort removes what has the name.
	spool := w.f
	defer spool.Close()
	w.f = os.NewFile(uintptr(fd), filepath.Join(t.TempDir(), "absent"))
	data := random(1, gatherUnder)
	o := NewEncoder().Encode(Blob, chunkstore.BlobID(data), data)
	first := w.Append(o)
	if first == nil {
		t.Fatal("no error from a full disk")
	}
	if err := w.Append(o); err != first {
		t.Errorf("second error: %v, want %v", err, first)
	}
	if _, err := w.Finish(t.TempDir(), ""); err != first {
		t.Errorf("Finish: %v, want %v", err, first)
	}
}

// A pack with the same content may be on its way out while this one comes.
func TestSameContentTwice(t *testing.T) {
	packs := t.TempDir()
	finish := func() Pack {
		w, err := Create(t.TempDir(), 2)
		if err != nil {
			t.Fatal(err)
		}
		appendAll(t, w, blobs([]byte("x"), random(1, 200_000)))
		p, err := w.Finish(packs, "keep")
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	first, second := finish(), finish()
	if first.Path == second.Path {
		t.Fatal("both have one name")
	}
	for _, path := range []string{first.Path, indexPath(first)} {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	if err := open(t, second).VerifyPack(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

// replace gives a file, which may be read-only, other content.
func replace(t testing.TB, path string, data []byte) {
	t.Helper()
	os.Remove(path)
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestAppendRaw(t *testing.T) {
	items := mixed()
	p := write(t, t.TempDir(), 1, items)
	r := open(t, p)
	w, err := Create(t.TempDir(), r.Index.Len())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	var buf []byte
	for _, it := range items {
		i, ok := r.Index.Find(it.id())
		if !ok {
			t.Fatalf("%s is not in the index", it.id())
		}
		id, _, crc := r.Index.At(i)
		if buf, err = r.ReadRaw(i, buf); err != nil {
			t.Fatal(err)
		}
		if err := w.AppendRaw(id, buf, crc+1); !errors.As(err, new(*FormatError)) {
			t.Fatalf("wrong CRC-32: %v", err)
		}
		if err := w.AppendRaw(id, buf, crc); err != nil {
			t.Fatal(err)
		}
	}
	packs := t.TempDir()
	copied, err := w.Finish(packs, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, pair := range [][2]string{{p.Path, copied.Path}, {indexPath(p), indexPath(copied)}} {
		a, _ := os.ReadFile(pair[0])
		b, _ := os.ReadFile(pair[1])
		if !bytes.Equal(a, b) {
			t.Errorf("%s and %s differ", pair[0], pair[1])
		}
	}
}

func TestObjectSize(t *testing.T) {
	e := NewEncoder()
	for _, it := range mixed() {
		o := e.Encode(Blob, it.id(), it.data)
		var got int64
		for _, p := range o.buf.parts {
			got += int64(len(p))
		}
		if o.Size() != got || o.Size() > storedSize(int64(len(it.data))) {
			t.Errorf("%d bytes: Size = %d, has %d, stored %d", len(it.data), o.Size(), got, storedSize(int64(len(it.data))))
		}
	}
}
