// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/node"
)

func TestResolveStaysInTheRoot(t *testing.T) {
	r, dir, outside := newRoot(t)
	mkdir(t, dir+"/usr/lib/x")
	mkdir(t, dir+"/run")
	symlink(t, "usr/lib", dir+"/lib")
	symlink(t, "/run", dir+"/usr/absolute")
	symlink(t, "../../../../../..", dir+"/usr/up")
	symlink(t, outside, dir+"/out")
	symlink(t, "../usr//./lib/../lib/", dir+"/run/odd")
	symlink(t, "loop", dir+"/loop")
	symlink(t, "nowhere", dir+"/dangling")
	write(t, dir+"/file", "")
	symlink(t, "file", dir+"/tofile")
	symlink(t, "/proc/self/cwd", dir+"/magic")

	tests := []struct {
		path, real string
		err        error
	}{
		{path: "lib", real: "lib"},
		{path: "lib/x", real: "usr/lib/x"},
		{path: "lib/x/new", real: "usr/lib/x/new"},
		{path: "usr/absolute/new", real: "run/new"},
		{path: "usr/up/secret", real: "secret"},
		{path: "run/odd/x/y", real: "usr/lib/x/y"},
		{path: ".", real: "."},
		{path: "out/secret", err: fs.ErrNotExist},
		{path: "magic/x", err: fs.ErrNotExist},
		{path: "loop/x", err: unix.ELOOP},
		{path: "dangling/x", err: fs.ErrNotExist},
		{path: "absent/x", err: fs.ErrNotExist},
		{path: "file/x", err: unix.ENOTDIR},
		{path: "tofile/x", err: unix.ENOTDIR},
	}
	bothWays(t, r, func(t *testing.T) {
		for _, tt := range tests {
			real, err := r.Resolve(tt.path)
			if real != tt.real || !errors.Is(err, tt.err) {
				t.Errorf("Resolve(%s) = %q, %v; want %q, %v", tt.path, real, err, tt.real, tt.err)
			}
		}
	})
}

func TestBadPaths(t *testing.T) {
	r, _, _ := newRoot(t)
	long := strings.Repeat("a", 256)
	for _, path := range []string{"", "/", "/etc", "..", "../secret", "a/../b", "a/..",
		"./a", "a/.", "a//b", "a/", "a\x00b", long, "a/" + long + "/b",
		strings.Repeat("a/", 2048) + "a"} {
		var bad *node.BadPathError
		if _, err := r.Lstat(path); !errors.As(err, &bad) {
			t.Errorf("Lstat(%.20q) = %v, want a BadPathError", path, err)
		}
		if _, err := r.OpenDir(path); !errors.As(err, &bad) {
			t.Errorf("OpenDir(%.20q) = %v, want a BadPathError", path, err)
		}
	}
}

// A link is followed only where nobody but root can have put it.
func TestUnsafeLinks(t *testing.T) {
	asRoot(t)
	tests := []struct {
		name   string
		unsafe func(dir string)
	}{
		{"another user's link", func(dir string) { give(t, dir+"/a/link") }},
		{"another user's directory", func(dir string) { give(t, dir+"/a") }},
		{"an ancestor is another user's", func(dir string) { give(t, dir) }},
		{"group-writable", func(dir string) { must(t, os.Chmod(dir+"/a", 0o775)) }},
		{"world-writable", func(dir string) { must(t, os.Chmod(dir+"/a", 0o777)) }},
		{"sticky", func(dir string) { must(t, os.Chmod(dir+"/a", 0o777|os.ModeSticky)) }},
		{"behind a safe link", func(dir string) {
			must(t, os.Rename(dir+"/a", dir+"/b"))
			symlink(t, "b", dir+"/a")
			give(t, dir+"/b")
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, dir, _ := newRoot(t)
			mkdir(t, dir+"/a")
			mkdir(t, dir+"/etc")
			symlink(t, "/etc", dir+"/a/link")
			if _, err := r.Resolve("a/link/x"); err != nil {
				t.Fatalf("the safe link: %v", err)
			}
			tt.unsafe(dir)
			bothWays(t, r, func(t *testing.T) {
				var unsafe *UnsafeError
				if _, err := r.Resolve("a/link/x"); !errors.As(err, &unsafe) {
					t.Errorf("Resolve = %v, want an UnsafeError", err)
				}
				if _, err := r.OpenDir("a/link"); !errors.As(err, &unsafe) {
					t.Errorf("OpenDir = %v, want an UnsafeError", err)
				}
				if _, err := r.Lstat("a/link"); err != nil {
					t.Errorf("Lstat of the link itself: %v", err)
				}
			})
		})
	}
}

func TestRealDirectoriesMayBeAnyones(t *testing.T) {
	r, dir, _ := newRoot(t)
	mkdir(t, dir+"/home/a/b")
	give(t, dir+"/home/a")
	bothWays(t, r, func(t *testing.T) {
		if _, err := r.Resolve("home/a/b/c"); err != nil {
			t.Error(err)
		}
	})
}
