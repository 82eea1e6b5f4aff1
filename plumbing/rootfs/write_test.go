// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"errors"
	"io"
	"os"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/node"
)

func link(target string) Want {
	w := file("")
	w.Node, w.Fill, w.Target = node.Default(node.Symlink, false), nil, target
	return w
}

func special(t node.Type) Want {
	w := file("")
	w.Node, w.Fill = node.Default(t, false), nil
	if t == node.Char {
		w.Node.Device = node.Device{Major: 1, Minor: 3}
	}
	return w
}

// Every type takes the place of every other, and of nothing.
func TestTypeChanges(t *testing.T) {
	asRoot(t)
	wants := map[node.Type]Want{
		node.File: file("x"), node.Dir: directory(), node.Symlink: link("away"),
		node.Fifo: special(node.Fifo), node.Char: special(node.Char),
	}
	set := func(t *testing.T, b *Batch, typ node.Type) {
		t.Helper()
		if typ == node.Dir {
			_, err := b.Mkdir("p", directory(), seen(t, b.root, "p"))
			must(t, err)
			return
		}
		must(t, put(t, b, "p", wants[typ]))
	}
	exchanges(t, func(t *testing.T, r *Root, dir string) {
		b := begin(t, r)
		for from := range wants {
			for to := range wants {
				if from == node.Dir && to == node.Dir {
					continue
				}
				set(t, b, from)
				set(t, b, to)
				if info := seen(t, r, "p"); typeOf(info) != to {
					t.Errorf("from %s to %s: is a %s", from, to, typeOf(info))
				}
				must(t, b.Finish())
				wantTree(t, dir, "p")
				must(t, os.Remove(dir+"/p"))
			}
		}
	})
}

func TestDirectoryInTheWay(t *testing.T) {
	exchanges(t, func(t *testing.T, r *Root, dir string) {
		mkdir(t, dir+"/p")
		write(t, dir+"/p/unmanaged", "precious")
		b := begin(t, r)
		var notEmpty *NotEmptyError
		if err := put(t, b, "p", file("x")); !errors.As(err, &notEmpty) || !errors.Is(err, unix.ENOTEMPTY) {
			t.Errorf("Rename = %v, want a NotEmptyError", err)
		}
		if err := b.Rmdir("p", *seen(t, r, "p")); !errors.As(err, &notEmpty) {
			t.Errorf("Rmdir = %v, want a NotEmptyError", err)
		}
		if err := b.Remove("p", *seen(t, r, "p")); !errors.Is(err, unix.EISDIR) {
			t.Errorf("Remove = %v, want EISDIR", err)
		}
		must(t, b.Close())
		wantTree(t, dir, "p", "p/unmanaged")
	})
}

// The link at a path is replaced, what it points to is left alone.
func TestLinkAtThePath(t *testing.T) {
	exchanges(t, func(t *testing.T, r *Root, dir string) {
		write(t, dir+"/target", "precious")
		symlink(t, "target", dir+"/p")
		b := begin(t, r)
		must(t, put(t, b, "p", file("new")))
		if got := content(t, dir+"/target"); got != "precious" {
			t.Errorf("the target now has %q", got)
		}
		if got := content(t, dir+"/p"); got != "new" {
			t.Errorf("content %q", got)
		}
	})
}

// Who has the old file open, or has another name of it, keeps it.
func TestNewInode(t *testing.T) {
	exchanges(t, func(t *testing.T, r *Root, dir string) {
		write(t, dir+"/p", "old")
		must(t, os.Link(dir+"/p", dir+"/other"))
		f, err := os.Open(dir + "/p")
		must(t, err)
		defer f.Close()
		b := begin(t, r)
		must(t, put(t, b, "p", file("new")))
		if old, err := io.ReadAll(f); string(old) != "old" || err != nil {
			t.Errorf("the open file: %q, %v", old, err)
		}
		if got := content(t, dir+"/other"); got != "old" {
			t.Errorf("the other name: %q", got)
		}
	})
}

// A stopped parent directory that a link took the place of is not used on.
func TestDirectoryReplacedByLink(t *testing.T) {
	r, dir, _ := newRoot(t)
	mkdir(t, dir+"/real")
	mkdir(t, dir+"/a")
	b := begin(t, r)
	must(t, put(t, b, "a/x", file("1")))
	must(t, b.Remove("a/x", *seen(t, r, "a/x")))
	must(t, put(t, b, "a", link("real")))
	must(t, put(t, b, "a/x", file("2")))
	must(t, b.Finish())
	wantTree(t, dir, "a", "real", "real/x")
}

func TestHardLinks(t *testing.T) {
	exchanges(t, func(t *testing.T, r *Root, dir string) {
		write(t, dir+"/a", "old")
		must(t, os.Link(dir+"/a", dir+"/b"))
		must(t, os.Link(dir+"/a", dir+"/d"))
		live := map[string]*Info{}
		for _, name := range []string{"a", "b", "c", "d"} {
			live[name] = seen(t, r, name)
		}
		b := begin(t, r)
		must(t, b.Stage("a", file("new")))
		for _, name := range []string{"b", "c"} {
			w := file("")
			w.Node.Link = "a"
			must(t, b.Stage(name, w))
		}
		must(t, b.Sync())
		for _, name := range []string{"a", "b", "c"} {
			_, err := b.Rename(name, live[name])
			must(t, err)
		}
		// Its ctime changed as its other names went.
		must(t, b.Remove("d", *live["d"]))
		must(t, b.Finish())
		a := seen(t, r, "a")
		for _, name := range []string{"b", "c"} {
			if got := seen(t, r, name); got.Ino != a.Ino {
				t.Errorf("%s is not a", name)
			}
		}
		wantTree(t, dir, "a", "b", "c")
	})
}

func TestLinkToWhatChanged(t *testing.T) {
	r, dir, _ := newRoot(t)
	write(t, dir+"/a", "old")
	b := begin(t, r)
	w := file("")
	w.Node.Link = "a"
	must(t, b.Stage("b", w))
	must(t, os.Remove(dir+"/a"))
	write(t, dir+"/a", "somebody else's")
	var changed *ChangedError
	if _, err := b.Rename("b", nil); !errors.As(err, &changed) {
		t.Errorf("Rename = %v, want a ChangedError", err)
	}
}

func TestStagedFilesAreSecret(t *testing.T) {
	old := unix.Umask(0)
	defer unix.Umask(old)
	r, dir, _ := newRoot(t)
	must(t, unix.Setxattr(dir, "system.posix_acl_default", acl(nobody), 0))
	b := begin(t, r)
	w := file("")
	w.Fill = func(f *os.File) error {
		info, err := f.Stat()
		if err == nil && info.Mode().Perm() != 0o600 {
			t.Errorf("while it is written the mode is %v", info.Mode())
		}
		return err
	}
	must(t, put(t, b, "p", w))
	// Nor is anything inherited in the end.
	if got := xattrs(t, r, "p"); got != nil {
		t.Errorf("xattrs are %q", got)
	}
	_, err := b.Mkdir("d", directory(), nil)
	must(t, err)
	if got := xattrs(t, r, "d"); got != nil {
		t.Errorf("xattrs of the directory are %q", got)
	}
}

func TestCloseAndRecover(t *testing.T) {
	r, dir, _ := newRoot(t)
	mkdir(t, dir+"/d")
	for _, name := range []string{".git-devops-other-1", ".git-devops-test-1x", ".git-devops-test2-1"} {
		write(t, dir+"/d/"+name, "")
	}
	b, err := r.Begin("test")
	must(t, err)
	must(t, b.Stage("d/a", file("")))
	must(t, b.Close())
	want := []string{"d", "d/.git-devops-other-1", "d/.git-devops-test-1x", "d/.git-devops-test2-1"}
	wantTree(t, dir, want...)

	write(t, dir+"/d/.git-devops-test-7", "")
	symlink(t, "/", dir+"/d/.git-devops-test-8")
	mkdir(t, dir+"/d/.git-devops-test-9")
	symlink(t, "loop", dir+"/loop")
	full, err := r.Recover("test", []string{"d", "absent", "d/.git-devops-other-1/x", "loop"})
	must(t, err)
	if full != nil {
		t.Errorf("Recover keeps %q", full)
	}
	must(t, os.Remove(dir+"/loop"))
	wantTree(t, dir, want...)

	mkdir(t, dir+"/d/.git-devops-test-9/precious")
	full, err = r.Recover("test", []string{"d"})
	must(t, err)
	if want := []string{"d/.git-devops-test-9"}; !slices.Equal(full, want) {
		t.Errorf("Recover keeps %q, want %q", full, want)
	}
}

func TestNamesOfRuns(t *testing.T) {
	r, _, _ := newRoot(t)
	for _, run := range []string{"", "a/b", "..", "a b", "\x00", "ä"} {
		if _, err := r.Begin(run); err == nil {
			t.Errorf("Begin(%q) is no error", run)
		}
		if _, err := r.Recover(run, nil); err == nil {
			t.Errorf("Recover(%q) is no error", run)
		}
	}
}

// Few changes and many leave no handle open, and the same on disk.
func TestManyFiles(t *testing.T) {
	r, dir, _ := newRoot(t)
	before := handles(t)
	b, err := r.Begin("test")
	must(t, err)
	names := []string{"a", "b", "c"}
	for _, d := range names {
		for range 40 {
			d += "/" + names[0]
			mkdir(t, dir+"/"+d)
			must(t, b.Stage(d+"/file", file(d)))
		}
	}
	must(t, b.Sync())
	for _, d := range names {
		for range 40 {
			d += "/" + names[0]
			_, err := b.Rename(d+"/file", nil)
			must(t, err)
			if got := content(t, dir+"/"+d+"/file"); got != d {
				t.Errorf("%s has %q", d, got)
			}
		}
	}
	must(t, b.Finish())
	must(t, b.Close())
	if after := handles(t); after != before {
		t.Errorf("%d open handles, %d before", after, before)
	}
}

func handles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	return len(entries)
}
