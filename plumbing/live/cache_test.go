// SPDX-License-Identifier: Apache-2.0

package live

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/node"
)

var update = flag.Bool("update", false, "write the golden files")

func sampleEntries() []entry {
	id := Identity{Dev: 1, Ino: 2, Mode: unix.S_IFDIR | 0o755, Nlink: 3, UID: 4, GID: 5, Rdev: 6, Size: 7,
		Mtime: Time{8, 9}, Ctime: Time{-10, 11}}
	return []entry{
		{path: "a", flags: flagAs | flagSettled, id: id},
		{path: "a/b", flags: flagAs | flagContent | flagLarge | flagXattrs, id: id, content: chunkstore.ID{1}, xattrs: chunkstore.ID{2}},
		{path: "a/c", flags: flagAbsent},
		{path: "ab", flags: flagContent | flagMtime, id: id, content: chunkstore.ID{3}},
	}
}

func writeSample(t testing.TB, path string, entries []entry) {
	t.Helper()
	w, err := createCache(path, ids{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range entries {
		if err := w.add(&entries[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.commit(chunkstore.ID{0xff}); err != nil {
		t.Fatal(err)
	}
}

func TestCacheGolden(t *testing.T) {
	path := filepath.Join(t.TempDir(), "statcache")
	writeSample(t, path, sampleEntries())
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "statcache")
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the format has changed:\n%x\n%x", got, want)
	}
	c, err := openCache(golden)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	r := &cacheReader{cache: c}
	var entries []entry
	for e := r.peek(); e != nil; e = r.peek() {
		entries = append(entries, *e)
		r.skip()
	}
	if !slices.Equal(entries, sampleEntries()) || c.tree != (chunkstore.ID{0xff}) || c.users[4] != "4" || c.groups[5] != "5" {
		t.Errorf("read %+v of tree %v, users %v", entries, c.tree, c.users)
	}
}

// TestCacheDamaged flips each byte of a cache, and cuts it anywhere.
func TestCacheDamaged(t *testing.T) {
	b := newBed(t)
	populate(b)
	b.wantDiff(diffs{})
	b.write("etc/motd", "drift\n")
	sound, err := os.ReadFile(b.s.Cache)
	b.must(err)
	want := diffs{"etc/motd": node.AspectContent}
	for i := range sound {
		bad := bytes.Clone(sound)
		bad[i] ^= 1 << (i % 8)
		b.must(os.WriteFile(b.s.Cache, bad, 0o600))
		b.wantDiff(want)
		if i%7 == 0 {
			b.must(os.WriteFile(b.s.Cache, sound[:i], 0o600))
			b.wantDiff(want)
		}
		if t.Failed() {
			t.Fatalf("byte %d of %d", i, len(sound))
		}
	}
}

// TestCacheDamagedInTheMiddle has a cache of several blocks, of which one is
// bad: the scan goes on without it where it was.
func TestCacheDamagedInTheMiddle(t *testing.T) {
	b := newBed(t)
	for i := range 3 * blockEntries {
		b.write("f"+strings.Repeat("x", i%7)+string(rune('a'+i%26))+string(rune('a'+i/26%26))+string(rune('a'+i/676)), "data")
	}
	b.settle()
	b.adopt()
	b.wantDiff(diffs{})
	data, err := os.ReadFile(b.s.Cache)
	b.must(err)
	data[len(data)/2] ^= 1
	b.must(os.WriteFile(b.s.Cache, data, 0o600))
	paths := []string{}
	for path := range b.tree.Nodes() {
		paths = append(paths, path)
	}
	want := diffs{}
	for _, path := range []string{paths[5], paths[len(paths)/2], paths[len(paths)-5]} {
		b.write(path, "drift")
		want[path] = node.AspectContent
	}
	b.wantDiff(want)
	b.wantLoaded(1)
	b.settle()
	b.wantDiff(want)
	b.wantLoaded(1)
	b.adopt()
	b.wantDiff(diffs{})
}

// TestCacheUnwritable looks at a root whose repository cannot be written.
func TestCacheUnwritable(t *testing.T) {
	b := newBed(t)
	populate(b)
	b.s.Cache = "/proc/nowhere/statcache"
	b.write("etc/motd", "drift\n")
	b.wantDiff(diffs{"etc/motd": node.AspectContent})
}

func TestSettled(t *testing.T) {
	tests := []struct {
		ctime, since Time
		want         bool
	}{
		{Time{10, 5}, Time{10, 6}, true},
		{Time{10, 5}, Time{10, 5}, false},
		{Time{10, 5}, Time{9, 9}, false}, // the clock was put back
		{Time{10, 0}, Time{11, 5}, false},
		{Time{10, 0}, Time{12, 5}, true},
		{Time{-1, 5}, Time{10, 0}, true},
	}
	for _, tt := range tests {
		id := Identity{Ctime: tt.ctime}
		if got := id.settled(tt.since); got != tt.want {
			t.Errorf("changed at %v, looked at since %v: %v", tt.ctime, tt.since, got)
		}
	}
}

func FuzzBlock(f *testing.F) {
	var b []byte
	before := ""
	for _, e := range sampleEntries() {
		b = e.appendTo(b, before)
		before = e.path
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := decodeBlock(data, nil)
		if err != nil {
			return
		}
		var again []byte
		before := ""
		for i := range entries {
			again = entries[i].appendTo(again, before)
			before = entries[i].path
		}
		same, err := decodeBlock(again, nil)
		if err != nil || !slices.Equal(same, entries) {
			t.Errorf("%+v encodes as %+v: %v", entries, same, err)
		}
	})
}

func FuzzCache(f *testing.F) {
	path := filepath.Join(f.TempDir(), "statcache")
	writeSample(f, path, sampleEntries())
	sound, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sound)
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "statcache")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		c := OpenCache(path)
		defer c.Close()
		c.Files(func(chunkstore.ID, bool) {})
	})
}
