// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/mtree"
	"github.com/git-devops/git-devops/plumbing/node"
)

func wantTold(t testing.TB, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("reported: %q, want %q", got, want)
	}
}

func wantText(t testing.TB, got, want string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func newRoot(t testing.TB) *bed {
	t.Helper()
	dir := t.TempDir()
	b := newBed(t, dir)
	b.must(os.Chmod(dir, 0o755))
	return b
}

func TestCapture(t *testing.T) {
	b := newRoot(t)
	b.write("etc/motd", "hello\n")
	b.write("etc/secret", "x")
	b.must(os.Chmod(b.path("etc/secret"), 0o600))
	b.must(os.Lchown(b.path("etc/secret"), 0, 42))
	b.write("bin/tool", "#!/bin/sh\n")
	b.must(unix.Chmod(b.path("bin/tool"), 0o4755))
	b.must(os.Link(b.path("bin/tool"), b.path("bin/a link")))
	b.must(os.Symlink("tool", b.path("bin/sym")))
	b.must(os.MkdirAll(b.path("var/empty"), 0o755))
	b.must(os.MkdirAll(b.path("tmp"), 0o777))
	b.must(unix.Chmod(b.path("tmp"), 0o1777))
	b.must(unix.Mkfifo(b.path("fifo"), 0o640))
	b.must(unix.Mknod(b.path("null"), unix.S_IFCHR|0o600, int(unix.Mkdev(1, 3))))
	b.must(unix.Setxattr(b.path("etc/motd"), "user.who", []byte("me"), 0))
	l, err := net.Listen("unix", b.path("sock"))
	b.must(err)
	defer l.Close()

	wantTold(t, b.add("."), "?sock", "bin/a link", "bin/sym", "bin/tool", "etc/motd", "etc/secret", "fifo", "null", "tmp", "var/empty")
	wantText(t, b.staged(), `S 100644 .devops/mtree
S 100644 .gitattributes
H 100755 bin/a link
H 120000 bin/sym
H 100755 bin/tool
H 100644 etc/motd
H 100644 etc/secret
`)
	wantText(t, b.mtree(), `./bin/a\040link mode=4755
./bin/tool hardlink=./bin/a\040link
./etc/motd xattr.user.who=bWU=
./etc/secret gid=42 mode=0600
./fifo type=fifo mode=0640
./null type=char mode=0600 device=native,1,3
./tmp type=dir mode=1777
./var/empty type=dir
`)
	if got := b.git("status", "--porcelain", "-uno"); strings.Contains(got, " D") || strings.Contains(got, " M") {
		t.Errorf("git status: %s", got)
	}
	wantTold(t, b.add("."), "?sock")
	b.git("commit", "-qm", "all")
	b.git("fsck", "--full", "--strict")
	if got := b.git("rev-parse", "HEAD:etc/motd", ":etc/motd"); !strings.HasPrefix(got, "ce013625030ba8dba906f756967f9e9ca394464a\n") {
		t.Errorf("content: %s", got)
	}
}

func TestCaptureChanges(t *testing.T) {
	b := newRoot(t)
	for _, name := range []string{"a/one", "a/two", "a/b/three", "c/four"} {
		b.write(name, name)
	}
	b.add(".")
	settle()
	b.write("a/one", "ONE")
	b.write("a/new", "new")
	b.must(os.Chmod(b.path("a/two"), 0o755))
	b.must(os.RemoveAll(b.path("a/b")))
	b.must(os.Remove(b.path("c/four")))
	wantTold(t, b.add("a"), "a/new", "a/one", "a/two", "-a/b/three")
	wantTold(t, b.add("c/four"), "-c/four")
	b.must(os.Remove(b.path("a/new")))
	b.must(os.Mkdir(b.path("a/new"), 0o700))
	wantTold(t, b.add("a/new"), "a/new")
	b.must(os.Remove(b.path("a/one")))
	b.must(os.Symlink("two", b.path("a/one")))
	wantTold(t, b.add("a/one"), "a/one")
	wantText(t, b.staged(), "S 100644 .devops/mtree\nS 100644 .gitattributes\nH 120000 a/one\nH 100755 a/two\n")
	wantText(t, b.mtree(), "./a/new type=dir mode=0700\n")
	wantText(t, b.git("show", ":.gitattributes"), mtree.Attribute+"\n")
	b.must(os.RemoveAll(b.path("a")))
	b.write("a", "now a file")
	wantTold(t, b.add("a"), "a", "-a/new", "-a/one", "-a/two")
	wantText(t, b.staged(), "S 100644 .devops/mtree\nS 100644 .gitattributes\nH 100644 a\n")
	b.git("commit", "-qm", "all")
	b.git("fsck", "--full", "--strict")
}

func TestCaptureParents(t *testing.T) {
	b := newRoot(t)
	b.write("srv/data/file", "x")
	b.must(os.Chmod(b.path("srv"), 0o750))
	wantTold(t, b.add("srv/data/file"), "srv", "srv/data/file")
	wantText(t, b.mtree(), "./srv type=dir mode=0750\n")
	b.must(os.Chmod(b.path("srv"), 0o755))
	b.write("srv/data/more", "x")
	wantTold(t, b.add("srv/data/more"), "srv", "srv/data/more")
	wantText(t, b.mtree(), "./srv type=dir\n")
}

// TestCaptureThroughLink names files by a path that a link is part of.
func TestCaptureThroughLink(t *testing.T) {
	b := newRoot(t)
	b.write("usr/bin/tool", "x")
	b.must(os.Symlink("usr/bin", b.path("bin")))
	wantTold(t, b.add("bin/tool"), "usr/bin/tool")
	wantTold(t, b.add("bin"), "bin")
	wantText(t, b.staged(), "H 120000 bin\nH 100644 usr/bin/tool\n")
}

// TestCaptureLinks adds names of one file in turn.
func TestCaptureLinks(t *testing.T) {
	b := newRoot(t)
	b.write("b", "x")
	b.must(os.Link(b.path("b"), b.path("c")))
	b.must(os.Link(b.path("b"), b.path("a")))
	b.must(os.Link(b.path("b"), b.path("unmanaged")))
	b.add("c")
	wantTold(t, b.add("b"), "b", "c")
	wantText(t, b.mtree(), "./c hardlink=./b\n")
	b.add("a")
	wantText(t, b.mtree(), "./b hardlink=./a\n./c hardlink=./a\n")
	b.must(os.Remove(b.path("a")))
	b.add("a")
	wantText(t, b.mtree(), "./c hardlink=./b\n")
	b.must(os.Remove(b.path("b")))
	b.write("b", "another")
	b.add("b")
	wantText(t, b.mtree(), "")
}

func TestCaptureLarge(t *testing.T) {
	b := newRoot(t)
	data := make([]byte, 3<<20)
	for i := range data {
		data[i] = byte(i * i >> 7)
	}
	b.write("var/image", string(data))
	b.write("var/fake", "git-devops manifest 1\nwhat follows is no manifest\n")
	wantTold(t, b.add("var"), "var/fake", "var/image")
	if got := b.git("show", ":.gitattributes"); strings.Count(got, "filter=devops") != 2 {
		t.Errorf("attributes:\n%s", got)
	}
	for _, path := range []string{"var/image", "var/fake"} {
		if got := b.git("show", ":"+path); !strings.HasPrefix(got, "git-devops manifest 1\nsha256 ") {
			t.Errorf("%s is stored as %.100q", path, got)
		}
	}
	b.must(os.Truncate(b.path("var/image"), 10))
	wantTold(t, b.add("var"), "var/image")
	if got := b.git("show", ":var/image"); !strings.HasPrefix(got, "git-devops manifest 1\n") {
		t.Errorf("what an attribute calls large is stored as %.100q", got)
	}
	wantTold(t, b.add("var"))
}

func TestCaptureRefuses(t *testing.T) {
	b := newRoot(t)
	b.write("file", "x")
	b.write("home/.git/config", "x")
	b.write(".gitignore", "x")
	b.must(os.Symlink("/proc", b.path("proc")))
	l, err := net.Listen("unix", b.path("sock"))
	b.must(err)
	defer l.Close()
	for path, want := range map[string]error{
		"absent": ErrNoMatch, "file/below": ErrNoMatch, "sock": ErrSocket, ".gitignore": ErrControl,
		".devops/mtree": ErrControl, "home/.git": ErrName, "home/.git/config": ErrName,
	} {
		told, err := b.tryAdd("file", path)
		wantError(t, err, want)
		wantTold(t, told)
	}
	if got := b.git("ls-files"); got != "" {
		t.Errorf("staged: %s", got)
	}
	wantTold(t, b.add("."), "?.gitignore", "?home/.git", "?sock", "file", "home", "proc")
}

// TestCaptureTemporaries has what an apply that was killed has left.
func TestCaptureTemporaries(t *testing.T) {
	b := newRoot(t)
	b.write("etc/motd", "x")
	b.write("etc/.git-devops-0123abcd-7", "half of it")
	b.write("etc/.git-devops-0123abcd-8/file", "moved aside")
	b.write("etc/.git-devops-notes", "somebody's own")
	wantTold(t, b.add("etc"), "?etc/.git-devops-0123abcd-7", "?etc/.git-devops-0123abcd-8", "etc/.git-devops-notes", "etc/motd")
	for _, path := range []string{"etc/.git-devops-0123abcd-7", "etc/.git-devops-0123abcd-8", "etc/.git-devops-0123abcd-8/file"} {
		_, err := b.tryAdd(path)
		wantError(t, err, ErrTemporary)
	}
}

// TestCaptureOwnRepository has the repository below the root, as on a host.
func TestCaptureOwnRepository(t *testing.T) {
	b := newRoot(t)
	b.write("file", "x")
	b.must(os.Rename(b.gitDir, b.path("repo")))
	b.must(os.Symlink(b.path("repo"), b.gitDir))
	wantTold(t, b.add("."), "?repo", "file")
	_, err := b.tryAdd("repo")
	wantError(t, err, ErrRepository)
	_, err = b.tryAdd("repo/HEAD")
	wantError(t, err, ErrRepository)
}

func TestCapturePseudo(t *testing.T) {
	b := newBed(t, "/")
	_, err := b.tryAdd("proc/version")
	wantError(t, err, ErrPseudo)
	_, err = b.tryAdd("sys")
	wantError(t, err, ErrPseudo)
}

func TestCaptureMtimes(t *testing.T) {
	b := newRoot(t)
	b.c.Mtimes = true
	b.write("file", "x")
	b.add("file")
	e, ok := b.spec().Get("file")
	if !ok || e.Mtime == nil {
		t.Errorf("recorded: %+v", e)
	}
	if e, _ := b.spec().Get(node.RootPath); e.Mtime == nil {
		t.Errorf("recorded of the root: %+v", e)
	}
}
