// SPDX-License-Identifier: Apache-2.0

package live

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/node"
)

type diffs = map[string]node.Aspect

func populate(b *bed) {
	b.write("etc/motd", "hello\n")
	b.write("etc/empty", "")
	b.write("usr/bin/tool", strings.Repeat("x", 200_000))
	b.write("usr/bin/other", "a")
	b.must(os.Symlink("tool", b.path("usr/bin/link")))
	b.must(os.Link(b.path("usr/bin/tool"), b.path("usr/bin/tool2")))
	b.must(unix.Mkfifo(b.path("fifo"), 0o600))
	b.settle()
	b.adopt()
}

// TestScan changes one thing after the other, with a cache that knows what was
// there before.
func TestScan(t *testing.T) {
	tests := []struct {
		name   string
		change func(b *bed)
		want   diffs
	}{
		{"nothing", func(*bed) {}, diffs{}},
		{"content of the same length", func(b *bed) { b.write("etc/motd", "hallo\n") }, diffs{"etc/motd": node.AspectContent}},
		{"content with the time put back", func(b *bed) {
			fi, err := os.Stat(b.path("etc/motd"))
			b.must(err)
			b.write("etc/motd", "hallo\n")
			b.must(os.Chtimes(b.path("etc/motd"), fi.ModTime(), fi.ModTime()))
		}, diffs{"etc/motd": node.AspectContent}},
		{"touched", func(b *bed) { b.must(os.Chtimes(b.path("etc/motd"), time.Unix(1, 0), time.Unix(1, 0))) }, diffs{}},
		{"mode", func(b *bed) { b.must(os.Chmod(b.path("etc/motd"), 0o600)) }, diffs{"etc/motd": node.AspectMode}},
		{"mode of a directory", func(b *bed) { b.must(os.Chmod(b.path("etc"), 0o700)) }, diffs{"etc": node.AspectMode}},
		{"owner", func(b *bed) { b.must(os.Lchown(b.path("usr/bin/link"), 7, -1)) }, diffs{"usr/bin/link": node.AspectOwner}},
		{"xattr", func(b *bed) { b.must(unix.Setxattr(b.path("etc"), "user.a", []byte("1"), 0)) }, diffs{"etc": node.AspectXattrs}},
		{"link elsewhere", func(b *bed) {
			b.must(os.Remove(b.path("usr/bin/link")))
			b.must(os.Symlink("loot", b.path("usr/bin/link")))
		}, diffs{"usr/bin/link": node.AspectContent}},
		{"type", func(b *bed) {
			b.must(os.Remove(b.path("etc/motd")))
			b.must(unix.Mkfifo(b.path("etc/motd"), 0o644))
		}, diffs{"etc/motd": node.AspectType}},
		{"removed", func(b *bed) { b.must(os.Remove(b.path("etc/motd"))) }, diffs{"etc/motd": node.AspectType}},
		{"directory removed", func(b *bed) { b.must(os.RemoveAll(b.path("usr/bin"))) }, diffs{
			"usr/bin": node.AspectType, "usr/bin/link": node.AspectType, "usr/bin/other": node.AspectType,
			"usr/bin/tool": node.AspectType, "usr/bin/tool2": node.AspectType}},
		{"directory a link to outside", func(b *bed) {
			b.must(os.Rename(b.path("etc"), b.path("moved")))
			b.must(os.Symlink("/nonexistent", b.path("etc")))
		}, diffs{"etc": node.AspectType, "etc/motd": node.AspectType, "etc/empty": node.AspectType}},
		{"hard link broken", func(b *bed) {
			b.must(os.Remove(b.path("usr/bin/tool2")))
			b.write("usr/bin/tool2", strings.Repeat("x", 200_000))
		}, diffs{"usr/bin/tool2": node.AspectLink}},
		{"hard link made", func(b *bed) {
			b.must(os.Remove(b.path("usr/bin/other")))
			b.must(os.Link(b.path("etc/motd"), b.path("usr/bin/other")))
		}, diffs{"usr/bin/other": node.AspectContent | node.AspectLink}},
		{"unmanaged", func(b *bed) { b.write("etc/shadow", "secret") }, diffs{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBed(t)
			populate(b)
			b.wantDiff(diffs{})
			b.wantDiff(diffs{})
			b.wantLoaded(0)
			tt.change(b)
			b.wantDiff(tt.want)
			b.wantDiff(tt.want)
			b.settle()
			b.wantDiff(tt.want)
			b.wantLoaded(min(1, len(tt.want)))
			b.s.Cache = ""
			b.wantDiff(tt.want)
		})
	}
}

// TestScanNotTrusting changes files in the very moment after they were looked
// at.
func TestScanNotTrusting(t *testing.T) {
	b := newBed(t)
	for i := range 200 {
		b.write(fmt.Sprintf("f%d", i), "old")
	}
	b.adopt()
	b.scan()
	want := diffs{}
	for i := range 200 {
		name := fmt.Sprintf("f%d", i)
		b.write(name, "new")
		want[name] = node.AspectContent
	}
	b.wantDiff(want)
}

func TestScanAnotherTree(t *testing.T) {
	b := newBed(t)
	populate(b)
	b.wantDiff(diffs{})
	b.id[0]++
	n := b.tree["etc/motd"]
	n.Content[0]++
	b.tree["etc/motd"] = n
	b.tree["etc/new"] = n
	delete(b.tree, "fifo")
	want := diffs{"etc/motd": node.AspectContent, "etc/new": node.AspectType}
	b.wantDiff(want)
	b.wantLoaded(1)
	b.wantDiff(want)
}

func TestScanNamesChanged(t *testing.T) {
	b := newBed(t)
	populate(b)
	b.wantDiff(diffs{})
	b.s.Names = renamed{}
	if got := b.scan(); len(got) != len(b.tree) {
		t.Errorf("%d paths differ, want all %d", len(got), len(b.tree))
	}
}

type renamed struct{ ids }

func (renamed) Owner(uint32) string { return "nobody" }

// TestScanImplied has a link in place of a directory that nothing is known of.
func TestScanImplied(t *testing.T) {
	b := newBed(t)
	b.write("usr/bin/tool", "x")
	b.settle()
	b.adopt()
	dir := node.Default(node.Dir, false)
	dir.Owner, dir.Group, dir.Implied = "0", "0", true
	b.tree["bin"] = dir
	b.tree["bin/tool"] = b.tree["usr/bin/tool"]
	b.must(os.Symlink("usr/bin", b.path("bin")))
	b.must(os.Chmod(b.dir, 0o755))
	n := b.tree["."]
	n.Perm = 0o755
	b.tree["."] = n
	b.wantDiff(diffs{})
	b.wantDiff(diffs{})
	b.must(os.Rename(b.path("usr"), b.path("var")))
	gone := node.AspectType
	b.wantDiff(diffs{"bin": gone, "bin/tool": gone, "usr": gone, "usr/bin": gone, "usr/bin/tool": gone})
}

func TestScanMtime(t *testing.T) {
	b := newBed(t)
	populate(b)
	n := b.tree["etc/motd"]
	fi, err := os.Stat(b.path("etc/motd"))
	b.must(err)
	n.Mtime = &node.Mtime{Sec: fi.ModTime().Unix(), Nsec: uint32(fi.ModTime().Nanosecond())}
	b.tree["etc/motd"] = n
	b.wantDiff(diffs{})
	b.must(os.Chtimes(b.path("etc/motd"), time.Unix(1, 0), time.Unix(1, 0)))
	b.wantDiff(diffs{"etc/motd": node.AspectMtime})
}
