// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/node"
)

func TestXattrs(t *testing.T) {
	asRoot(t)
	r, dir, _ := newRoot(t)
	write(t, dir+"/file", "content")
	must(t, unix.Setxattr(dir+"/file", "user.b", []byte(strings.Repeat("v", 1000)), 0))
	must(t, unix.Setxattr(dir+"/file", "trusted.a", nil, 0))
	symlink(t, "away", dir+"/link")
	must(t, unix.Lsetxattr(dir+"/link", "trusted.a", []byte("l"), 0))
	want := map[string][]node.Xattr{
		"file": {{Name: "trusted.a"}, {Name: "user.b", Value: strings.Repeat("v", 1000)}},
		"link": {{Name: "trusted.a", Value: "l"}},
	}
	for path, want := range want {
		if diff := cmp.Diff(want, xattrs(t, r, path)); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
}

func TestNames(t *testing.T) {
	r, dir, _ := newRoot(t)
	for _, name := range []string{"b", "a", "\xff", "a b"} {
		write(t, dir+"/"+name, "")
	}
	d, err := r.OpenDir(".")
	must(t, err)
	defer d.Close()
	for range 2 {
		names, err := d.Names()
		must(t, err)
		if diff := cmp.Diff([]string{"a", "a b", "b", "\xff"}, names); diff != "" {
			t.Error(diff)
		}
	}
}

// Dir's methods never follow a link, and never block.
func TestDirFollowsNothing(t *testing.T) {
	r, dir, _ := newRoot(t)
	write(t, dir+"/file", "content")
	mkdir(t, dir+"/dir")
	symlink(t, "dir", dir+"/tolink")
	symlink(t, "file", dir+"/link")
	fifo(t, dir+"/fifo")
	d, err := r.OpenDir(".")
	must(t, err)
	defer d.Close()
	for _, name := range []string{"link", "fifo", "dir", "tolink"} {
		if _, err := d.OpenFile(name); !errors.Is(err, ErrNotRegular) {
			t.Errorf("OpenFile(%s) = %v, want ErrNotRegular", name, err)
		}
	}
	if _, err := d.OpenFile("absent"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("OpenFile(absent) = %v", err)
	}
	if _, err := d.OpenDir("tolink"); !errors.Is(err, unix.ENOTDIR) {
		t.Errorf("OpenDir of a link = %v", err)
	}
	f, err := d.OpenFile("file")
	must(t, err)
	defer f.Close()
	b, err := io.ReadAll(f)
	must(t, err)
	if string(b) != "content" {
		t.Errorf("read %q", b)
	}
	target, err := d.Readlink("link")
	if err != nil || target != "file" {
		t.Errorf("Readlink = %q, %v", target, err)
	}
}

// A fifo that takes a file's place between two looks never blocks the reader.
func TestFifoSwappedIn(t *testing.T) {
	r, dir, _ := newRoot(t)
	write(t, dir+"/a", "content")
	fifo(t, dir+"/b")
	stop := swapping(t, dir+"/a", dir+"/b")
	defer stop()
	for range 2000 {
		f, err := r.OpenFile("a")
		if errors.Is(err, ErrNotRegular) {
			continue
		}
		must(t, err)
		f.Close()
	}
}

// swapping exchanges two paths over and over, until stop is called.
func swapping(t *testing.T, a, b string) (stop func()) {
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-done:
				return
			default:
			}
			if err := unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE); err != nil {
				t.Errorf("exchange %s and %s: %v", a, b, err)
				return
			}
		}
	}()
	return func() { close(done); <-stopped }
}

func TestIsTemporary(t *testing.T) {
	for name, want := range map[string]bool{
		temporaryName("4f2a-1", 12):  true,
		".git-devops-run-0":          true,
		".git-devops-run-":           false,
		".git-devops--1":             false,
		".git-devops-run":            false,
		".git-devops-run-1x":         false,
		".git-devops":                false,
		"git-devops-run-1":           false,
		".git-devops-run-1.dpkg-new": false,
	} {
		if got := IsTemporary(name); got != want {
			t.Errorf("IsTemporary(%q) = %v", name, got)
		}
	}
}
