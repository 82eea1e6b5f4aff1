// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/git-devops/git-devops/plumbing/node"
	"golang.org/x/sys/unix"
)

// nobody owns what is not root's in these tests.
const nobody = 65534

func openRoot(t *testing.T, dir string) *Root {
	t.Helper()
	r, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// newRoot returns a root, and the directory around it that it must not leave.
func newRoot(t *testing.T) (r *Root, dir, outside string) {
	t.Helper()
	outside = t.TempDir()
	dir = filepath.Join(outside, "root")
	mkdir(t, dir)
	write(t, outside+"/secret", "secret")
	mkdir(t, outside+"/dir")
	return openRoot(t, dir), dir, outside
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, dir string) {
	t.Helper()
	must(t, os.MkdirAll(dir, 0o755))
}

func write(t *testing.T, path, content string) {
	t.Helper()
	must(t, os.WriteFile(path, []byte(content), 0o644))
}

func symlink(t *testing.T, target, path string) {
	t.Helper()
	must(t, os.Symlink(target, path))
}

// give makes path nobody's.
func give(t *testing.T, path string) {
	t.Helper()
	asRoot(t)
	must(t, os.Lchown(path, nobody, nobody))
}

func asRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs to be root")
	}
}

func fifo(t *testing.T, path string) {
	t.Helper()
	must(t, unix.Mkfifo(path, 0o644))
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	return string(b)
}

func xattrs(t *testing.T, r *Root, path string) (all []node.Xattr) {
	t.Helper()
	must(t, r.in(path, func(d *Dir, name string) (err error) {
		all, err = d.Xattrs(name)
		return err
	}))
	return all
}

// bothWays runs a test with openat2 and without.
func bothWays(t *testing.T, r *Root, fn func(t *testing.T)) {
	for name, careful := range map[string]bool{"openat2": false, "walk": true} {
		t.Run(name, func(t *testing.T) {
			r.careful = careful
			fn(t)
		})
	}
}
