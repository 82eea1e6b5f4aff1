// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/git-devops/git-devops/plumbing/repo"
)

// versions makes a repository with two versions of a large file and of a small
// one, and a third of each in the index.
func versions(t *testing.T) (w *Worktree, sub *Worktree, large [][]byte) {
	t.Helper()
	dir := newDir(t)
	write(t, filepath.Join(dir, ConfigFile), []byte(smallConfig))
	for i := range 3 {
		large = append(large, random(byte(i), 600_000+i))
		write(t, filepath.Join(dir, "sub", "large"), large[i])
		write(t, filepath.Join(dir, "small"), []byte{byte('0' + i)})
		write(t, filepath.Join(dir, "a:b"), []byte{byte('5' + i)})
		w := open(t, dir)
		must(t, add(t.Context(), w, "."))
		if i < 2 {
			runGit(t, dir, "commit", "-qm", "version")
		}
	}
	return open(t, dir), open(t, filepath.Join(dir, "sub")), large
}

func TestCatForms(t *testing.T) {
	w, sub, large := versions(t)
	top := w.Repo.WorkTree()
	tests := []struct {
		object string
		at     *Worktree
		want   []byte // nil: not found
	}{
		{"sub/large", w, large[2]},
		{":sub/large", w, large[2]},
		{":./sub/large", w, large[2]},
		{"HEAD:sub/large", w, large[1]},
		{"HEAD:./sub/large", w, large[1]},
		{"HEAD~1:sub/large", w, large[0]},
		{"master:sub/large", w, large[1]},
		{"HEAD^{tree}:sub/large", w, large[1]},
		{"HEAD:sub:large", w, nil},
		{filepath.Join(top, "sub/large"), w, nil}, // as git show has it: no path of the index begins with a slash
		{"small", w, []byte("2")},
		{"HEAD:small", w, []byte("1")},
		{"HEAD:a:b", w, []byte("6")},
		{":a:b", w, []byte("7")},
		{"./small", w, []byte("2")},
		{"large", sub, large[2]},
		{"./large", sub, large[2]},
		{"../small", sub, []byte("2")},
		{"HEAD:./large", sub, large[1]},
		{"HEAD:../small", sub, []byte("1")},
		{"HEAD:sub/large", sub, large[1]},
		{":sub/large", sub, large[2]},
		{":large", sub, nil},
		{"small", sub, nil},
		{"absent", w, nil},
		{"HEAD:absent", w, nil},
		{"absent:small", w, nil},
		{"HEAD:sub", w, nil},
		{"sub", w, nil},
		{"HEAD:", w, nil},
		{":", w, nil},
		{"", w, nil},
		{"../../outside", sub, nil},
	}
	for _, tt := range tests {
		t.Run(tt.object, func(t *testing.T) {
			var got bytes.Buffer
			err := tt.at.Cat(t.Context(), tt.object, &got, 0, -1)
			if (err == nil) != (tt.want != nil) || !bytes.Equal(got.Bytes(), tt.want) {
				t.Errorf("%d bytes, want %d; %v", got.Len(), len(tt.want), err)
			}
		})
	}
	for _, object := range []string{"absent", "HEAD:absent", "absent:small"} {
		if err := w.Cat(t.Context(), object, &bytes.Buffer{}, 0, -1); !errors.Is(err, repo.ErrNotFound) {
			t.Errorf("%s: %v, want %v", object, err, repo.ErrNotFound)
		}
	}
}

func TestCatRanges(t *testing.T) {
	w, _, large := versions(t)
	for object, data := range map[string][]byte{"sub/large": large[2], "small": []byte("2"), "HEAD:sub/large": large[1]} {
		size := int64(len(data))
		for _, at := range []struct{ offset, length int64 }{{0, -1}, {0, 0}, {0, 1}, {size - 1, 5}, {size, -1}, {size + 9, 1}, {-5, 3}, {size / 2, size}, {1 << 62, 1 << 62}} {
			var got bytes.Buffer
			must(t, w.Cat(t.Context(), object, &got, at.offset, at.length))
			from := min(max(at.offset, 0), size)
			to := size
			if at.length >= 0 && at.length < size-from {
				to = from + at.length
			}
			if !bytes.Equal(got.Bytes(), data[from:to]) {
				t.Errorf("%s %+v: %d bytes", object, at, got.Len())
			}
		}
	}
}

// TestCatWithoutAWorkTree, in a bare clone that has the chunks, too.
func TestCatBare(t *testing.T) {
	w, _, large := versions(t)
	bare := filepath.Join(t.TempDir(), "bare.git")
	must(t, os.CopyFS(bare, os.DirFS(w.Repo.GitDir())))
	runGit(t, bare, "config", "core.bare", "true")
	b := open(t, bare)
	if err := b.NeedTree(); !errors.Is(err, ErrBare) {
		t.Errorf("NeedTree: %v", err)
	}
	var got bytes.Buffer
	must(t, b.Cat(t.Context(), "HEAD:sub/large", &got, 0, -1))
	if !bytes.Equal(got.Bytes(), large[1]) {
		t.Errorf("%d bytes", got.Len())
	}
	for _, object := range []string{"HEAD:./sub/large", "HEAD:../x", "HEAD:sub", "HEAD:"} {
		if err := b.Cat(t.Context(), object, &bytes.Buffer{}, 0, -1); err == nil && object != "HEAD:./sub/large" {
			t.Errorf("%s: no error", object)
		}
	}
}
