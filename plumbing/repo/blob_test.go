// SPDX-License-Identifier: Apache-2.0

package repo

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
)

// storeLong stores a blob that is not read at once, loose or packed.
func storeLong(t *testing.T, r *Repo, packed bool, begin string) (chunkstore.ID, []byte) {
	t.Helper()
	data := make([]byte, 3*wholeBlob)
	rand.NewChaCha8([32]byte{}).Read(data)
	copy(data, begin)
	id, err := r.WriteObject("blob", data)
	if err != nil {
		t.Fatal(err)
	}
	if packed {
		runGit(t, r.WorkTree(), "update-ref", "refs/tags/long", id.String())
		runGit(t, r.WorkTree(), "repack", "-q", "-ad")
	}
	return id, data
}

func TestCopyBlob(t *testing.T) {
	for _, packed := range []bool{false, true} {
		r := newRepo(t)
		id, want := storeLong(t, r, packed, "")
		var got bytes.Buffer
		if err := r.CopyBlob(t.Context(), id, &got); err != nil || !bytes.Equal(got.Bytes(), want) {
			t.Errorf("packed %v: %d bytes, %v", packed, got.Len(), err)
		}
		full := errors.New("full")
		if err := r.CopyBlob(t.Context(), id, failing{full}); err != full {
			t.Errorf("packed %v: the writer's error is %v", packed, err)
		}
		over, end := context.WithCancel(t.Context())
		end()
		if err := r.CopyBlob(over, id, io.Discard); !errors.Is(err, context.Canceled) {
			t.Errorf("packed %v: cancelled: %v", packed, err)
		}
	}
	r := newCommit(t)
	var got bytes.Buffer
	if err := r.CopyBlob(t.Context(), chunkstore.BlobID([]byte("alpha\n")), &got); err != nil || got.String() != "alpha\n" {
		t.Errorf("a short one: %q, %v", &got, err)
	}
	if err := r.CopyBlob(t.Context(), chunkstore.ID{1}, &got); !errors.As(err, new(*chunkstore.MissingError)) {
		t.Errorf("none: %v", err)
	}
}

// TestCopyBlobDelta has two long blobs of which one is stored as what differs.
func TestCopyBlobDelta(t *testing.T) {
	r := newRepo(t)
	first, _ := storeLong(t, r, false, "")
	second, want := storeLong(t, r, false, "other")
	for name, id := range map[string]chunkstore.ID{"first": first, "second": second} {
		runGit(t, r.WorkTree(), "update-ref", "refs/tags/"+name, id.String())
	}
	runGit(t, r.WorkTree(), "repack", "-q", "-adf")
	if out := runGit(t, r.WorkTree(), "count-objects", "-v"); !strings.Contains(out, "size-pack: 30") {
		t.Fatalf("they are stored whole: %s", out)
	}
	for _, id := range []chunkstore.ID{first, second} {
		var got bytes.Buffer
		if err := r.CopyBlob(t.Context(), id, &got); err != nil || chunkstore.BlobID(got.Bytes()) != id {
			t.Errorf("%d bytes, want %d: %v", got.Len(), len(want), err)
		}
		if _, ok, err := r.Manifest(id); ok || err != nil {
			t.Errorf("a manifest: %v, %v", ok, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// TestCopyBlobDamaged has another blob's file in the place of a long one, and
// then half of one.
func TestCopyBlobDamaged(t *testing.T) {
	r := newRepo(t)
	id, _ := storeLong(t, r, false, "")
	other, _ := storeLong(t, r, false, "other")
	file := func(id chunkstore.ID) string {
		return filepath.Join(r.GitDir(), "objects", id.String()[:2], id.String()[2:])
	}
	data, err := os.ReadFile(file(other))
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range [][]byte{data, data[:len(data)/2]} {
		if err := errors.Join(os.Remove(file(id)), os.WriteFile(file(id), data, 0o444)); err != nil {
			t.Fatal(err)
		}
		if err := r.CopyBlob(t.Context(), id, io.Discard); !errors.As(err, new(*chunkstore.CorruptError)) {
			t.Errorf("%d bytes: %v", len(data), err)
		}
	}
}

func TestManifest(t *testing.T) {
	r := newRepo(t)
	long, _ := storeLong(t, r, true, "")
	alike, text := storeLong(t, r, false, "git-devops manifest 1\n")
	short, err := r.WriteObject("blob", []byte("git-devops manifest 1\nx"))
	if err != nil {
		t.Fatal(err)
	}
	empty, err := r.WriteObject("blob", nil)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := r.WriteObject("tree", nil)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[chunkstore.ID]string{
		long: "", alike: string(text), short: "git-devops manifest 1\nx", empty: "", tree: "",
	} {
		got, ok, err := r.Manifest(id)
		if err != nil || ok != (want != "") || string(got) != want {
			t.Errorf("%v: %d bytes, %v, %v", id, len(got), ok, err)
		}
	}
	if _, _, err := r.Manifest(chunkstore.ID{1}); !errors.As(err, new(*chunkstore.MissingError)) {
		t.Errorf("none: %v", err)
	}
}

func TestObjectAtMost(t *testing.T) {
	r := newCommit(t)
	id := chunkstore.BlobID([]byte("alpha\n"))
	if _, data, err := r.ObjectAtMost(id, 6); err != nil || string(data) != "alpha\n" {
		t.Errorf("%q, %v", data, err)
	}
	_, _, err := r.ObjectAtMost(id, 5)
	if e, ok := errors.AsType[*TooLargeError](err); !ok || e.Size != 6 || e.ID != id {
		t.Errorf("one byte more than allowed: %v", err)
	}
}
