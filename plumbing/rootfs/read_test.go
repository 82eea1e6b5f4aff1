// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/node"
)

type byNumber struct{}

func (byNumber) Owner(uid uint32) string { return fmt.Sprint("u", uid) }
func (byNumber) Group(gid uint32) string { return fmt.Sprint("g", gid) }

func TestNode(t *testing.T) {
	asRoot(t)
	r, dir, _ := newRoot(t)
	write(t, dir+"/file", "content")
	must(t, os.Chown(dir+"/file", 1, 2))
	must(t, os.Chmod(dir+"/file", 0o755|os.ModeSetuid))
	must(t, unix.Setxattr(dir+"/file", "user.b", []byte(strings.Repeat("v", 1000)), 0))
	must(t, unix.Setxattr(dir+"/file", "trusted.a", nil, 0))
	symlink(t, "away", dir+"/link")
	must(t, unix.Lsetxattr(dir+"/link", "trusted.a", []byte("l"), 0))
	must(t, unix.Mknod(dir+"/null", unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))))
	must(t, os.Chmod(dir+"/null", 0o666))
	fifo(t, dir+"/fifo")
	must(t, unix.Mknod(dir+"/socket", unix.S_IFSOCK|0o666, 0))
	at := unix.Timespec{Sec: -5, Nsec: 7}
	for _, name := range []string{"file", "link", "null", "fifo", "."} {
		must(t, unix.UtimesNanoAt(unix.AT_FDCWD, dir+"/"+name, []unix.Timespec{at, at}, unix.AT_SYMLINK_NOFOLLOW))
	}

	mtime := &node.Mtime{Sec: -5, Nsec: 7}
	want := map[string]node.Node{
		"file": {Type: node.File, Perm: 0o4755, Owner: "u1", Group: "g2", Mtime: mtime,
			Xattrs: []node.Xattr{{Name: "trusted.a"}, {Name: "user.b", Value: strings.Repeat("v", 1000)}}},
		"link": {Type: node.Symlink, Perm: node.SymlinkPerm, Owner: "u0", Group: "g0", Mtime: mtime,
			Xattrs: []node.Xattr{{Name: "trusted.a", Value: "l"}}},
		"null": {Type: node.Char, Perm: 0o666, Owner: "u0", Group: "g0", Mtime: mtime,
			Device: node.Device{Major: 1, Minor: 3}},
		"fifo": {Type: node.Fifo, Perm: 0o644, Owner: "u0", Group: "g0", Mtime: mtime},
		".":    {Type: node.Dir, Perm: 0o755, Owner: "u0", Group: "g0", Mtime: mtime},
	}
	got := map[string]node.Node{}
	for path := range want {
		info, err := r.Lstat(path)
		must(t, err)
		got[path], err = r.Node(path, byNumber{}, info)
		must(t, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	info, err := r.Lstat("socket")
	must(t, err)
	if _, err := r.Node("socket", byNumber{}, info); !errors.Is(err, ErrNoType) {
		t.Errorf("Node of a socket: %v", err)
	}
}

func TestNodeWithoutXattrs(t *testing.T) {
	r := openRoot(t, "/proc")
	info, err := r.Lstat("version")
	must(t, err)
	if n, err := r.Node("version", byNumber{}, info); err != nil || n.Xattrs != nil {
		t.Errorf("Node = %v, %v", n, err)
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
