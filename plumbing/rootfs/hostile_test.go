// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/node"
)

// A parent that is over and over a directory, and a link out of the root.
func TestSwappedParent(t *testing.T) {
	asRoot(t)
	for _, owner := range []int{0, nobody} {
		r, dir, outside := newRoot(t)
		mkdir(t, dir+"/a/deep")
		mkdir(t, outside+"/dir/deep")
		symlink(t, outside+"/dir", dir+"/b")
		must(t, os.Lchown(dir+"/a", owner, owner))
		must(t, os.Lchown(dir+"/b", owner, owner))
		bothWays(t, r, func(t *testing.T) {
			stop := swapping(t, dir+"/a", dir+"/b")
			defer stop()
			for range 200 {
				writeOnce(t, r, "a")
				writeOnce(t, r, "a/deep")
			}
		})
		if names := tree(t, outside+"/dir"); len(names) != 2 {
			t.Errorf("outside the root: %q", names)
		}
		if content(t, outside+"/secret") != "secret" {
			t.Error("the file outside has changed")
		}
	}
}

// writeOnce does whatever can be done in a directory; errors are expected.
func writeOnce(t *testing.T, r *Root, dir string) {
	b, err := r.Begin("test")
	must(t, err)
	defer b.Close()
	if b.Stage(dir+"/x", file("x")) == nil {
		info, err := r.Lstat(dir + "/x")
		live := &info
		if err != nil {
			live = nil
		}
		if info, err := b.Rename(dir+"/x", live); err == nil {
			b.SetMetadata(dir+"/x", everyAspect(node.File), node.Metadata, info)
			b.Remove(dir+"/x", info)
		}
	}
	if info, err := b.Mkdir(dir+"/d", directory(), nil); err == nil {
		b.Rmdir(dir+"/d", info)
	}
	b.Finish()
	r.Recover("test", []string{dir})
}

func TestUnsafeParentOfWrites(t *testing.T) {
	asRoot(t)
	r, dir, outside := newRoot(t)
	mkdir(t, dir+"/home")
	symlink(t, outside+"/dir", dir+"/home/link")
	give(t, dir+"/home")
	b := begin(t, r)
	var unsafe *UnsafeError
	if err := b.Stage("home/link/x", file("")); !errors.As(err, &unsafe) {
		t.Errorf("Stage = %v, want an UnsafeError", err)
	}
	if _, err := b.Mkdir("home/link/x", directory(), nil); !errors.As(err, &unsafe) {
		t.Errorf("Mkdir = %v, want an UnsafeError", err)
	}
	if _, err := r.Recover("test", []string{"home/link"}); !errors.As(err, &unsafe) {
		t.Errorf("Recover = %v, want an UnsafeError", err)
	}
}

// In directories of others, and such that others write to, files are written
// and replaced as everywhere.
func TestDirectoriesOfOthers(t *testing.T) {
	asRoot(t)
	for _, mode := range []os.FileMode{0o755, 0o775, 0o777, 0o777 | os.ModeSticky} {
		r, dir, _ := newRoot(t)
		mkdir(t, dir+"/home")
		give(t, dir+"/home")
		must(t, os.Chmod(dir+"/home", mode))
		b := begin(t, r)
		w := everyAspect(node.File)
		must(t, put(t, b, "home/p", w))
		must(t, put(t, b, "home/p", w))
		wantNode(t, r, "home/p", w)
		_, err := b.Mkdir("home/d", everyAspect(node.Dir), nil)
		must(t, err)
		must(t, b.Finish())
	}
}

// Who may link root's file into a directory of his own is not given it.
func TestHardLinkedSecret(t *testing.T) {
	asRoot(t)
	r, dir, _ := newRoot(t)
	mkdir(t, dir+"/home")
	write(t, dir+"/shadow", "secret")
	must(t, os.Link(dir+"/shadow", dir+"/home/p"))
	give(t, dir+"/home")
	b := begin(t, r)
	w := everyAspect(node.File)
	var unsafe *UnsafeError
	if _, err := b.SetMetadata("home/p", w, node.Metadata, *seen(t, r, "home/p")); !errors.As(err, &unsafe) {
		t.Errorf("SetMetadata = %v, want an UnsafeError", err)
	}
	must(t, put(t, b, "home/p", w))
	if info := seen(t, r, "shadow"); info.Uid != 0 || info.Mode&0o7777 != 0o644 || content(t, dir+"/shadow") != "secret" {
		t.Errorf("the secret: %v", info)
	}
}

// A name that is guessed is not written through.
func TestGuessedTemporary(t *testing.T) {
	r, dir, outside := newRoot(t)
	symlink(t, outside+"/secret", dir+"/"+temporaryName("test", 1))
	b := begin(t, r)
	if err := b.Stage("p", file("x")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Stage = %v, want fs.ErrExist", err)
	}
	if got := content(t, outside+"/secret"); got != "secret" {
		t.Errorf("outside is %q", got)
	}
}

func TestBadPathsOfWrites(t *testing.T) {
	r, _, outside := newRoot(t)
	b := begin(t, r)
	var bad *node.BadPathError
	for _, path := range []string{"", "/x", "../x", "a/../../x", ".", "a\x00"} {
		for name, err := range map[string]error{
			"Stage":  b.Stage(path, file("")),
			"Remove": b.Remove(path, Info{}),
			"Rmdir":  b.Rmdir(path, Info{}),
			"Mkdir":  second(b.Mkdir(path, directory(), nil)),
		} {
			if !errors.As(err, &bad) {
				t.Errorf("%s(%q) = %v, want a BadPathError", name, path, err)
			}
		}
	}
	if names := tree(t, outside); len(names) != 4 {
		t.Errorf("now there are %q", names)
	}
}

func second(_ Info, err error) error { return err }

// The flags of chattr, from linux/fs.h.
var chattr = map[byte]int{'i': 0x10, 'a': 0x20}

func TestImmutable(t *testing.T) {
	asRoot(t)
	for attribute, flag := range chattr {
		r, dir, _ := newRoot(t)
		mkdir(t, dir+"/d")
		write(t, dir+"/d/old", "old")
		write(t, dir+"/p", "old")
		protect(t, dir+"/p", flag)
		protect(t, dir+"/d", flag)
		b := begin(t, r)
		live := *seen(t, r, "p")
		for name, tt := range map[string]struct {
			err  error
			path string
		}{
			"Rename":       {put(t, b, "p", file("new")), "p"},
			"Remove":       {b.Remove("p", live), "p"},
			"SetMetadata":  {second(b.SetMetadata("p", everyAspect(node.File), node.Metadata, live)), "p"},
			"Remove below": {b.Remove("d/old", *seen(t, r, "d/old")), "d"},
		} {
			var immutable *ImmutableError
			if !errors.As(tt.err, &immutable) || immutable.Path != tt.path || immutable.Attribute != attribute {
				t.Errorf("%s = %v, want %s to be +%c", name, tt.err, tt.path, attribute)
			} else if want := fmt.Sprintf("chattr -%c %s", attribute, tt.path); !strings.Contains(immutable.Hint(), want) {
				t.Errorf("hint %q, want %q", immutable.Hint(), want)
			}
		}
		if content(t, dir+"/p") != "old" || content(t, dir+"/d/old") != "old" {
			t.Error("protected content has changed")
		}
	}
}

// protect does what chattr does, until the test ends.
func protect(t *testing.T, path string, flag int) {
	t.Helper()
	f, err := os.Open(path)
	must(t, err)
	fd := int(f.Fd())
	flags, err := unix.IoctlGetInt(fd, unix.FS_IOC_GETFLAGS)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.FS_IOC_SETFLAGS, flags|flag)
	}
	if err != nil {
		t.Skipf("chattr: %v", err)
	}
	t.Cleanup(func() {
		unix.IoctlSetPointerInt(fd, unix.FS_IOC_SETFLAGS, flags)
		f.Close()
	})
}

// mounted mounts a file system below the root until the test ends.
func mounted(t *testing.T, dir, fstype, data string) string {
	t.Helper()
	asRoot(t)
	at := filepath.Join(dir, "mnt")
	mkdir(t, at)
	mount(t, fstype, at, fstype, 0, data)
	return at
}

func mount(t *testing.T, source, at, fstype string, flags uintptr, data string) {
	t.Helper()
	if err := unix.Mount(source, at, fstype, flags, data); err != nil {
		t.Skipf("mount %s: %v", fstype, err)
	}
	t.Cleanup(func() { unix.Unmount(at, unix.MNT_DETACH) })
}

func TestReadOnlyMount(t *testing.T) {
	r, dir, _ := newRoot(t)
	at := mounted(t, dir, "tmpfs", "")
	write(t, at+"/p", "old")
	must(t, unix.Mount("", at, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""))
	b := begin(t, r)
	live := *seen(t, r, "mnt/p")
	for name, err := range map[string]error{
		"Stage":       b.Stage("mnt/p", file("new")),
		"Mkdir":       second(b.Mkdir("mnt/d", directory(), nil)),
		"Remove":      b.Remove("mnt/p", live),
		"SetMetadata": second(b.SetMetadata("mnt/p", everyAspect(node.File), node.Metadata, live)),
	} {
		if !errors.Is(err, unix.EROFS) {
			t.Errorf("%s = %v, want EROFS", name, err)
		}
	}
}

func TestFullFileSystem(t *testing.T) {
	r, dir, _ := newRoot(t)
	at := mounted(t, dir, "tmpfs", "size=64k")
	write(t, at+"/p", "old")
	b := begin(t, r)
	err := b.Stage("mnt/p", file(string(make([]byte, 1<<20))))
	if !errors.Is(err, unix.ENOSPC) {
		t.Errorf("Stage = %v, want ENOSPC", err)
	}
	wantTree(t, at, "p")
	must(t, put(t, b, "mnt/p", file("new")))
	must(t, b.Finish())
}

// A file system without xattrs is an error only where some are wanted.
func TestNoXattrs(t *testing.T) {
	r, dir, _ := newRoot(t)
	at := mounted(t, dir, "ramfs", "")
	b := begin(t, r)
	must(t, put(t, b, "mnt/plain", file("x")))
	w := file("x")
	w.Node.Xattrs = []node.Xattr{{Name: "user.a", Value: "1"}}
	var unsupported *UnsupportedError
	if err := b.Stage("mnt/p", w); !errors.As(err, &unsupported) || unsupported.What != node.AspectXattrs {
		t.Errorf("Stage = %v, want an UnsupportedError of xattrs", err)
	}
	wantTree(t, at, "plain")
	if got := xattrs(t, r, "mnt/plain"); got != nil {
		t.Errorf("xattrs are %v", got)
	}
}

// A mount point can not be replaced, what is below it can.
func TestMountPoint(t *testing.T) {
	r, dir, _ := newRoot(t)
	asRoot(t)
	write(t, dir+"/source", "precious")
	write(t, dir+"/p", "old")
	mount(t, dir+"/source", dir+"/p", "", unix.MS_BIND, "")
	b := begin(t, r)
	if err := put(t, b, "p", file("new")); !errors.Is(err, unix.EBUSY) {
		t.Errorf("Rename = %v, want EBUSY", err)
	}
	if got := content(t, dir+"/source"); got != "precious" {
		t.Errorf("source has %q", got)
	}
}
