// SPDX-License-Identifier: Apache-2.0

package export

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// makeDir makes a directory with these files, some of them in directories.
func makeDir(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, file := range files {
		path := filepath.Join(dir, file)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, nil, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func TestMoveAll(t *testing.T) {
	dir := makeDir(t)
	if err := moveAll(makeDir(t, "a", "b/c"), dir); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"a", "b"}, names(t, dir)); d != "" {
		t.Error(d)
	}
}

// What came into the way meanwhile stays; what was moved before it does not.
func TestMoveAllLeavesNothing(t *testing.T) {
	dir := makeDir(t, "c/theirs")
	if err := moveAll(makeDir(t, "a", "b/deep/er", "c/ours", "d"), dir); err == nil {
		t.Fatal("a directory was moved over one that is not empty")
	}
	if d := cmp.Diff([]string{"c"}, names(t, dir)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"theirs"}, names(t, filepath.Join(dir, "c"))); d != "" {
		t.Error(d)
	}
}

func TestCheckEmpty(t *testing.T) {
	const work = "git-devops-tmp-1"
	tests := []struct {
		name  string
		files []string
		want  error
	}{
		{"nothing but ours", []string{work + "/x"}, nil},
		{"a new file system", []string{work + "/x", "lost+found/x"}, nil},
		{"a file", []string{work + "/x", "file"}, ErrNotEmpty},
		{"that of another", []string{work + "/x", work + "2/x"}, ErrNotEmpty},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := makeDir(t, test.files...)
			if err := checkEmpty(dir, filepath.Join(dir, work)); !errors.Is(err, test.want) {
				t.Errorf("checkEmpty = %v, want %v", err, test.want)
			}
		})
	}
}
