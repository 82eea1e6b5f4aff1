// SPDX-License-Identifier: Apache-2.0

package repo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/chunkstore"
)

func TestObjects(t *testing.T) {
	r := newRepo(t)
	for _, data := range []string{"", "content", strings.Repeat("long ", 1<<18)} {
		id, err := r.WriteObject("blob", []byte(data))
		if want := chunkstore.BlobID([]byte(data)); err != nil || id != want {
			t.Fatalf("write: %v %v, want %v", id, err, want)
		}
		kind, got, err := r.Object(id)
		if kind != "blob" || string(got) != data || err != nil {
			t.Errorf("read: %s, %d bytes, %v", kind, len(got), err)
		}
		if ok, err := r.Has(id); !ok || err != nil {
			t.Errorf("has: %v %v", ok, err)
		}
	}
	if _, err := r.WriteObject("fish", nil); err == nil {
		t.Error("an object of no kind was written")
	}
	runGit(t, r.WorkTree(), "fsck", "--strict")
}

func TestObjectMissing(t *testing.T) {
	r := newRepo(t)
	id := chunkstore.BlobID([]byte("absent"))
	var missing *chunkstore.MissingError
	if _, _, err := r.Object(id); !errors.As(err, &missing) || missing.ID != id {
		t.Errorf("read: %v", err)
	}
	if ok, err := r.Has(id); ok || err != nil {
		t.Errorf("has: %v %v", ok, err)
	}
}

func TestObjectsPackedMeanwhile(t *testing.T) {
	r := newCommit(t)
	id := chunkstore.BlobID([]byte("alpha\n"))
	if _, _, err := r.Object(id); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		other := fmt.Sprint("other ", i)
		write(t, r.WorkTree()+"/a", other)
		runGit(t, r.WorkTree(), "add", "a")
		runGit(t, r.WorkTree(), "repack", "-adq")
		for _, id := range []chunkstore.ID{id, chunkstore.BlobID([]byte(other))} {
			if _, _, err := r.Object(id); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestObjectCorrupt(t *testing.T) {
	r := newRepo(t)
	id, err := r.WriteObject("blob", []byte("true"))
	if err != nil {
		t.Fatal(err)
	}
	lie, err := r.WriteObject("blob", []byte("false"))
	if err != nil {
		t.Fatal(err)
	}
	loose := func(id chunkstore.ID) string {
		return filepath.Join(r.ObjectsDir(), id.String()[:2], id.String()[2:])
	}
	if err := os.Rename(loose(lie), loose(id)); err != nil {
		t.Fatal(err)
	}
	var corrupt *chunkstore.CorruptError
	if _, _, err := r.Object(id); !errors.As(err, &corrupt) || corrupt.ID != id {
		t.Errorf("got %v", err)
	}
}

func TestTrees(t *testing.T) {
	r := newCommit(t)
	root, err := r.ResolveTree("HEAD")
	if err != nil {
		t.Fatal(err)
	}
	for _, rev := range []string{"main", "main^{tree}", root.String()} {
		if id, err := r.ResolveTree(rev); id != root || err != nil {
			t.Errorf("%s: %v %v", rev, id, err)
		}
	}
	for _, rev := range []string{"absent", "HEAD:a", "HEAD~1", strings.Repeat("1", 40)} {
		if _, err := r.ResolveTree(rev); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", rev, err)
		}
	}
	var got []string
	for _, f := range treeFiles(t, r, "", root) {
		got = append(got, fmt.Sprintf("%o blob %s\t%s", f.Mode, f.ID, f.Name))
	}
	want := strings.Split(strings.TrimSpace(runGit(t, r.WorkTree(), "ls-tree", "-r", "HEAD")), "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// treeFiles lists what is in a tree and its subtrees, with paths for names.
func treeFiles(t *testing.T, r *Repo, prefix string, id chunkstore.ID) (all []TreeEntry) {
	t.Helper()
	entries, err := r.Tree(id)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		e.Name = prefix + e.Name
		if e.Mode == ModeTree {
			all = append(all, treeFiles(t, r, e.Name+"/", e.ID)...)
		} else {
			all = append(all, e)
		}
	}
	return all
}

func TestLookup(t *testing.T) {
	r := newCommit(t)
	cases := []struct {
		path string
		mode uint32
		err  error
	}{
		{"", ModeTree, nil},
		{"a", ModeFile, nil},
		{"dir", ModeTree, nil},
		{"dir/", ModeTree, nil},
		{"dir/sub/c", ModeFile, nil},
		{"dir/absent", 0, ErrNotFound},
		{"a/b", 0, ErrNotFound},
		{"../a", 0, ErrNotFound},
	}
	for _, c := range cases {
		mode, id, err := r.Lookup("HEAD", c.path)
		if mode != c.mode || !errors.Is(err, c.err) || id.IsZero() != (err != nil) {
			t.Errorf("%q: %o %v %v", c.path, mode, id, err)
		}
	}
}

func TestParseTreeRefuses(t *testing.T) {
	id := strings.Repeat("i", 20)
	cases := map[string]string{
		"dot git":      "100644 .git\x00" + id,
		"upper case":   "40000 .GIT\x00" + id,
		"parent":       "40000 ..\x00" + id,
		"slash":        "100644 a/b\x00" + id,
		"no name":      "100644 \x00" + id,
		"no mode":      "name\x00" + id,
		"odd mode":     "60000 a\x00" + id,
		"no number":    "x a\x00" + id,
		"short":        "100644 a\x00" + id[:19],
		"unterminated": "100644 a",
	}
	for name, data := range cases {
		if entries, err := parseTree([]byte(data)); err == nil {
			t.Errorf("%s: %v", name, entries)
		}
	}
	if _, err := parseTree([]byte("100664 a\x00" + id)); err != nil {
		t.Errorf("mode of old: %v", err)
	}
}

func TestObjectSize(t *testing.T) {
	r := newRepo(t)
	id, err := r.WriteObject("blob", []byte("12345"))
	if err != nil {
		t.Fatal(err)
	}
	if size, err := r.ObjectSize(id); size != 5 || err != nil {
		t.Errorf("ObjectSize = %d, %v", size, err)
	}
	if _, err := r.ObjectSize(chunkstore.ID{1}); !errors.As(err, new(*chunkstore.MissingError)) {
		t.Errorf("the error is %v", err)
	}
}
