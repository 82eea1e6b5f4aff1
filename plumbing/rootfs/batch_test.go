// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/plumbing/node"
)

func begin(t *testing.T, r *Root) *Batch {
	t.Helper()
	b, err := r.Begin("test")
	must(t, err)
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return b
}

// file wants a file of the user that runs the tests.
func file(content string) Want {
	return Want{
		Node: node.Default(node.File, false),
		UID:  uint32(os.Geteuid()), GID: uint32(os.Getegid()),
		Fill: func(f *os.File) error {
			_, err := f.WriteString(content)
			return err
		},
	}
}

func directory() Want {
	w := file("")
	w.Node = node.Default(node.Dir, false)
	return w
}

// seen is what is at a path now, nil for nothing.
func seen(t *testing.T, r *Root, path string) *Info {
	t.Helper()
	info, err := r.Lstat(path)
	if os.IsNotExist(err) {
		return nil
	}
	must(t, err)
	return &info
}

// put stages and renames.
func put(t *testing.T, b *Batch, path string, w Want) error {
	t.Helper()
	live := seen(t, b.root, path)
	must(t, b.Stage(path, w))
	must(t, b.Sync())
	_, err := b.Rename(path, live)
	return err
}

// tree lists everything below dir.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var paths []string
	must(t, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, path)
		paths = append(paths, rel)
		return err
	}))
	return paths
}

func wantTree(t *testing.T, dir string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(append([]string{"."}, want...), tree(t, dir)); diff != "" {
		t.Errorf("below the root: %s", diff)
	}
}

// exchanges runs a test with the flags of renameat2 and without.
func exchanges(t *testing.T, fn func(t *testing.T, r *Root, dir string)) {
	for name, plain := range map[string]bool{"exchange": false, "plain": true} {
		t.Run(name, func(t *testing.T) {
			r, dir, _ := newRoot(t)
			r.plain = plain
			fn(t, r, dir)
		})
	}
}

func TestWriteAndReplace(t *testing.T) {
	exchanges(t, func(t *testing.T, r *Root, dir string) {
		b := begin(t, r)
		_, err := b.Mkdir("etc", directory(), nil)
		must(t, err)
		must(t, put(t, b, "etc/motd", file("one")))
		must(t, put(t, b, "etc/motd", file("two")))
		must(t, b.Finish())
		if got := content(t, dir+"/etc/motd"); got != "two" {
			t.Errorf("content %q", got)
		}
		must(t, b.Remove("etc/motd", *seen(t, r, "etc/motd")))
		must(t, b.Rmdir("etc", *seen(t, r, "etc")))
		must(t, b.Finish())
		wantTree(t, dir)
	})
}
