// SPDX-License-Identifier: Apache-2.0

package drift

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/largefile"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/plumbing/roottree"
)

// dir is a Root for tests: a directory without links.
type dir string

func (d dir) OpenFile(path string) (*os.File, error) { return os.Open(filepath.Join(string(d), path)) }
func (d dir) Readlink(path string) (string, error) {
	return os.Readlink(filepath.Join(string(d), path))
}

func (d dir) write(t *testing.T, path string, data []byte) *node.Node {
	t.Helper()
	name := filepath.Join(string(d), path)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
	n := node.Default(node.File, false)
	n.Content = chunkstore.BlobID(data)
	return &n
}

func newSaver(t *testing.T) (*Saver, dir, git.Runner) {
	t.Helper()
	g := git.Runner{Dir: t.TempDir()}
	if err := g.Init(t.Context(), g.Dir); err != nil {
		t.Fatal(err)
	}
	r, err := repo.Open(repo.Options{Dir: g.Dir})
	if err != nil {
		t.Fatal(err)
	}
	store, err := gitstore.Open(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		store.Close()
		r.Close()
	})
	root := dir(t.TempDir())
	return &Saver{Repo: r, Store: store, Params: chunkstore.DefaultParams(), Root: root}, root, g
}

func (s *Saver) mustSave(t *testing.T, run Run, entries []Entry) chunkstore.ID {
	t.Helper()
	id, err := s.Save(t.Context(), run, entries)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

var run = Run{Name: "r1", Host: "web-07", Applied: chunkstore.ID{1}, Target: chunkstore.ID{2}, Time: time.Unix(1_700_000_000, 0).UTC()}

func TestSave(t *testing.T) {
	s, root, g := newSaver(t)
	motd := root.write(t, "etc/motd", []byte("local\n"))
	tool := root.write(t, "bin/tool", []byte("#!\n"))
	tool.Perm, tool.Owner = 0o4750, "www"
	tool.Xattrs = []node.Xattr{{Name: "user.a", Value: "\x00"}}
	other := *motd
	other.Link = "etc/motd"
	root.write(t, "etc/odd\nname", []byte("local\n"))
	if err := os.Symlink("to", filepath.Join(string(root), "etc/link")); err != nil {
		t.Fatal(err)
	}
	link := node.Default(node.Symlink, false)
	link.Content = chunkstore.BlobID([]byte("to"))
	fifo, dir := node.Default(node.Fifo, false), node.Default(node.Dir, false)
	socket := node.Default(node.Socket, false)
	entries := []Entry{
		{"bin/tool", tool, node.AspectMode | node.AspectOwner | node.AspectXattrs},
		{"etc/empty", &dir, node.AspectType},
		{"etc/fifo", &fifo, node.AspectType},
		{"etc/gone", nil, node.AspectType},
		{"etc/link", &link, node.AspectContent},
		{"etc/motd", motd, node.AspectContent},
		{"etc/odd\nname", &other, node.AspectLink},
		{"run/socket", &socket, node.AspectType},
	}
	commit := s.mustSave(t, run, entries)
	saved := s.load(t, commit)
	for _, e := range entries {
		got := Saved(saved, e.Path)
		if e.Live == nil || e.Live.Type == node.Socket {
			if got != nil {
				t.Errorf("%s is saved as %+v", e.Path, got)
			}
			continue
		}
		want := *e.Live
		want.Link = ""
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Errorf("%s differs (-want +got):\n%s", e.Path, diff)
		}
	}
	if got := Saved(saved, "etc"); got != nil {
		t.Errorf("what only leads there is saved as %+v", got)
	}
	want := Record{Commit: commit, Run: "r1", Applied: run.Applied, Target: run.Target, Time: run.Time, Paths: []Drifted{
		{"bin/tool", []string{"mode", "owner", "xattrs"}}, {"etc/empty", []string{"type"}}, {"etc/fifo", []string{"type"}},
		{"etc/gone", []string{Deleted}}, {"etc/link", []string{"content"}}, {"etc/motd", []string{"content"}},
		{"etc/odd\nname", []string{"link"}}, {"run/socket", []string{"type"}},
	}}
	if diff := cmp.Diff([]Record{want}, s.log(t)); diff != "" {
		t.Errorf("the log differs (-want +got):\n%s", diff)
	}
	fsck(t, g)
}

func (s *Saver) load(t *testing.T, commit chunkstore.ID) *roottree.Tree {
	t.Helper()
	tree, err := roottree.Load(s.Repo, commit.String())
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func (s *Saver) log(t *testing.T) []Record {
	t.Helper()
	var records []Record
	err := Log(s.Repo, func(r Record) (bool, error) {
		records = append(records, r)
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// fsck looks whether git keeps everything, and finds nothing wrong with it.
func fsck(t *testing.T, g git.Runner) {
	t.Helper()
	for _, args := range [][]string{{"gc", "-q", "--prune=now"}, {"fsck", "--strict", "--full"}} {
		if _, err := g.Run(t.Context(), nil, args...); err != nil {
			t.Error(err)
		}
	}
}

func TestSaveAgain(t *testing.T) {
	s, root, _ := newSaver(t)
	entries := []Entry{{"a", root.write(t, "a", []byte("1")), node.AspectContent}}
	first := s.mustSave(t, run, entries)
	second := run
	second.Name, second.Time = "r2", run.Time.Add(time.Hour)
	if again := s.mustSave(t, second, entries); again != first {
		t.Error("a run after one that was killed saves the same once more")
	}
	entries[0].Live = root.write(t, "a", []byte("2"))
	s.mustSave(t, second, entries)
	if n := len(s.log(t)); n != 2 {
		t.Errorf("the log has %d records", n)
	}
}

func TestSaveLarge(t *testing.T) {
	s, root, g := newSaver(t)
	data := make([]byte, maxBlob+1)
	rand.NewChaCha8([32]byte{}).Read(data)
	large := root.write(t, "large", data)
	grown := *large
	f, err := root.OpenFile("large")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := largefile.Describe(t.Context(), f, s.Params, nil)
	if err != nil {
		t.Fatal(err)
	}
	large.Large, large.Content = true, chunkstore.BlobID(m.Encode())
	root.write(t, "small", data)
	saved := s.load(t, s.mustSave(t, run, []Entry{{"large", large, node.AspectContent}, {"small", &grown, node.AspectContent}}))
	for _, path := range []string{"large", "small"} {
		n := Saved(saved, path)
		if n == nil || !n.Large || n.Content != large.Content {
			t.Errorf("%s is saved as %+v", path, n)
		}
	}
	fsck(t, g)
	var content bytes.Buffer
	for _, p := range m.Pieces {
		_, chunk, err := s.Repo.Object(p.ID)
		if err != nil {
			t.Fatal(err)
		}
		content.Write(chunk)
	}
	if !bytes.Equal(content.Bytes(), data) {
		t.Error("the content is not what it was")
	}
}

func TestSaveRefusesWhatChanged(t *testing.T) {
	s, root, _ := newSaver(t)
	n := root.write(t, "a", []byte("1"))
	root.write(t, "a", []byte("2"))
	_, err := s.Save(t.Context(), run, []Entry{{"a", n, node.AspectContent}})
	if e, ok := errors.AsType[*ChangedError](err); !ok || e.Path != "a" {
		t.Errorf("the error is %v", err)
	}
	if records := s.log(t); len(records) != 0 {
		t.Errorf("the log has %v", records)
	}
}

func TestParseMessage(t *testing.T) {
	n := &node.Node{Type: node.File}
	entries := []Entry{{"a b", n, node.AspectContent | node.AspectMode}, {"\"", n, 0}, {"x\nRun: y", n, node.AspectType}, {"\xff\u202e", nil, node.AspectType}}
	r, err := parse(chunkstore.ID{9}, &repo.Commit{Time: run.Time, Message: message(run, entries)})
	if err != nil {
		t.Fatal(err)
	}
	want := Record{Commit: chunkstore.ID{9}, Run: "r1", Applied: run.Applied, Target: run.Target, Time: run.Time, Paths: []Drifted{
		{"a b", []string{"content", "mode"}}, {"\"", nil}, {"x\nRun: y", []string{"type"}}, {"\xff\u202e", []string{Deleted}},
	}}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Errorf("the record differs (-want +got):\n%s", diff)
	}
	for _, bad := range []string{"Applied: x\n", "Target: \n", "Drift: type \"a\n"} {
		if _, err := parse(chunkstore.ID{9}, &repo.Commit{Message: "s\n\n" + bad}); !errors.As(err, new(*chunkstore.CorruptError)) {
			t.Errorf("%q: the error is %v", bad, err)
		}
	}
}
