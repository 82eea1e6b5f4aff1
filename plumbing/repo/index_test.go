// SPDX-License-Identifier: Apache-2.0

package repo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/git-devops/git-devops/chunkstore"
)

func update(t *testing.T, r *Repo, fn func(tx *IndexTx) error) {
	t.Helper()
	if err := r.UpdateIndex(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func set(t *testing.T, r *Repo, entries ...Entry) {
	t.Helper()
	update(t, r, func(tx *IndexTx) error {
		for _, e := range entries {
			if err := tx.Set(e); err != nil {
				return err
			}
		}
		return nil
	})
}

func readIndex(t *testing.T, r *Repo) *Index {
	t.Helper()
	x, err := r.ReadIndex()
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func lstat(t *testing.T, path string) Stat {
	t.Helper()
	var st syscall.Stat_t
	if err := syscall.Lstat(path, &st); err != nil {
		t.Fatal(err)
	}
	return StatOf(&st)
}

// lsFiles prints an index as git ls-files -s -z --debug does.
func lsFiles(x *Index) string {
	var b strings.Builder
	for _, e := range x.Entries {
		s := e.Stat
		var flags uint32
		for bit, on := range map[uint32]bool{
			0x8000: e.AssumeValid, 0x40004000: e.SkipWorktree, 0x20004000: e.IntentToAdd,
		} {
			if on {
				flags |= bit
			}
		}
		fmt.Fprintf(&b, "%o %s %d\t%s\x00", e.Mode, e.ID, e.Stage, e.Path)
		fmt.Fprintf(&b, "  ctime: %d:%d\n  mtime: %d:%d\n", s.CtimeSec, s.CtimeNsec, s.MtimeSec, s.MtimeNsec)
		fmt.Fprintf(&b, "  dev: %d\tino: %d\n  uid: %d\tgid: %d\n", s.Dev, s.Ino, s.UID, s.GID)
		fmt.Fprintf(&b, "  size: %d\tflags: %x\n", s.Size, flags|uint32(e.Stage)<<12)
	}
	return b.String()
}

// checkAgainstGit compares what is read here with what git reads.
func checkAgainstGit(t *testing.T, r *Repo) {
	t.Helper()
	want := runGit(t, r.WorkTree(), "ls-files", "-s", "-z", "--debug")
	if diff := cmp.Diff(want, lsFiles(readIndex(t, r))); diff != "" {
		t.Errorf("git's view (-) and ours (+) differ:\n%s", diff)
	}
}

func oddPaths(t *testing.T, r *Repo) {
	t.Helper()
	long := strings.Repeat(strings.Repeat("d", 100)+"/", 3)
	for _, path := range []string{"sp ace", "new\nline", "\xff\xfe", "ü", long + "x", "dir/x-y", "dir.x", "dir-x/y", "1234567", "12345678"} {
		write(t, filepath.Join(r.WorkTree(), path), path)
	}
	if err := os.Symlink("a", r.WorkTree()+"/link"); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(r.WorkTree()+"/ü", 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestReadIndex(t *testing.T) {
	setups := map[string]func(t *testing.T, r *Repo){
		"version 2": func(*testing.T, *Repo) {},
		"version 3": func(t *testing.T, r *Repo) {
			write(t, r.WorkTree()+"/later", "x")
			runGit(t, r.WorkTree(), "add", "-N", "later")
			runGit(t, r.WorkTree(), "update-index", "--skip-worktree", "a")
			runGit(t, r.WorkTree(), "update-index", "--assume-unchanged", "dir/b")
		},
		"version 4": func(t *testing.T, r *Repo) {
			runGit(t, r.WorkTree(), "update-index", "--index-version=4")
		},
		"conflict": func(t *testing.T, r *Repo) { makeConflict(t, r) },
		"extensions": func(t *testing.T, r *Repo) {
			runGit(t, r.WorkTree(), "update-index", "--force-untracked-cache")
			runGit(t, r.WorkTree(), "-c", "index.threads=4", "update-index", "--force-write-index")
		},
	}
	for name, setup := range setups {
		t.Run(name, func(t *testing.T) {
			r := newCommit(t)
			oddPaths(t, r)
			runGit(t, r.WorkTree(), "add", ".")
			setup(t, r)
			checkAgainstGit(t, r)
		})
	}
}

// makeConflict leaves "a" unmerged.
func makeConflict(t *testing.T, r *Repo) {
	t.Helper()
	top := r.WorkTree()
	runGit(t, top, "stash", "-q", "-u")
	runGit(t, top, "switch", "-q", "-c", "other")
	write(t, top+"/a", "other\n")
	runGit(t, top, "commit", "-q", "-a", "-m", "other")
	runGit(t, top, "switch", "-q", "main")
	write(t, top+"/a", "main\n")
	runGit(t, top, "commit", "-q", "-a", "-m", "main")
	if err := gitCommand(top, "merge", "-q", "other").Run(); err == nil {
		t.Fatal("the merge had no conflict")
	}
}

func TestReadIndexAbsent(t *testing.T) {
	if x := readIndex(t, newRepo(t)); len(x.Entries) != 0 || !x.Mtime.IsZero() {
		t.Errorf("got %+v", x)
	}
}

func TestReadIndexUnsupported(t *testing.T) {
	cases := []struct {
		name string
		on   [][]string
		off  []string
	}{
		{"split", [][]string{{"update-index", "--split-index"}}, []string{"update-index", "--no-split-index"}},
		{"sparse", [][]string{{"sparse-checkout", "set", "--cone", "--sparse-index", "elsewhere"}},
			[]string{"sparse-checkout", "reapply", "--no-sparse-index"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := newCommit(t)
			for _, args := range c.on {
				runGit(t, r.WorkTree(), args...)
			}
			_, err := r.ReadIndex()
			if !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "git "+strings.Join(c.off, " ")) {
				t.Fatalf("got %v", err)
			}
			err = r.UpdateIndex(t.Context(), func(*IndexTx) error { return nil })
			if !errors.Is(err, ErrUnsupported) {
				t.Errorf("update: %v", err)
			}
			runGit(t, r.WorkTree(), c.off...)
			checkAgainstGit(t, r)
		})
	}
}

func TestReadIndexDamaged(t *testing.T) {
	r := newCommit(t)
	good := mustBytes(t, r.IndexFile())
	check := func(what string, data []byte) {
		t.Helper()
		if err := os.WriteFile(r.IndexFile(), data, 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := r.ReadIndex(); !errors.Is(err, ErrBadIndex) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for i := range good {
		data := append([]byte(nil), good...)
		data[i] ^= 0x10
		check(fmt.Sprint("flipped byte ", i), data)
		if i > 0 {
			check(fmt.Sprint("cut at ", i), good[:i])
		}
	}
}

func TestMatches(t *testing.T) {
	st := Stat{CtimeSec: 100, CtimeNsec: 1, MtimeSec: 90, MtimeNsec: 2, Dev: 3, Ino: 4, UID: 5, GID: 6, Size: 7}
	cases := []struct {
		name   string
		change func(entry *Stat)
		index  int64 // the index's time in seconds
		want   bool
	}{
		{"same", func(*Stat) {}, 91, true},
		{"racy", func(*Stat) {}, 90, false},
		{"index older", func(*Stat) {}, 89, false},
		{"ctime", func(s *Stat) { s.CtimeSec++ }, 200, false},
		{"ctime ns", func(s *Stat) { s.CtimeNsec++ }, 200, false},
		{"mtime", func(s *Stat) { s.MtimeSec++ }, 200, false},
		{"mtime ns", func(s *Stat) { s.MtimeNsec++ }, 200, false},
		{"no ns stored", func(s *Stat) { s.MtimeNsec, s.CtimeNsec = 0, 0 }, 200, true},
		{"inode", func(s *Stat) { s.Ino++ }, 200, false},
		{"owner", func(s *Stat) { s.UID++ }, 200, false},
		{"group", func(s *Stat) { s.GID++ }, 200, false},
		{"size", func(s *Stat) { s.Size++ }, 200, false},
		{"smudged", func(s *Stat) { s.Size = 0 }, 200, false},
		{"device", func(s *Stat) { s.Dev++ }, 200, true},
	}
	for _, c := range cases {
		e := Entry{Stat: st}
		c.change(&e.Stat)
		if got := e.Matches(st, time.Unix(c.index, 500)); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestUpdateIndexTrustsStat(t *testing.T) {
	r := newCommit(t)
	top := r.WorkTree()
	path := top + "/large"
	write(t, path, "what the file really holds")
	past := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, past, past); err != nil {
		t.Fatal(err)
	}
	id, err := r.WriteObject("blob", []byte("something else"))
	if err != nil {
		t.Fatal(err)
	}
	set(t, r, Entry{Path: "large", Mode: ModeFile, ID: id, Stat: lstat(t, path)})
	runGit(t, top, "commit", "-q", "-m", "large")
	if out := runGit(t, top, "status", "--porcelain"); out != "" {
		t.Errorf("git read the file again: %q", out)
	}
	checkAgainstGit(t, r)
	x := readIndex(t, r)
	i, ok := x.Find("large")
	if !ok || !x.Entries[i].Matches(lstat(t, path), x.Mtime) {
		t.Error("the file does not match its entry")
	}
	write(t, path, "changed")
	if out := runGit(t, top, "status", "--porcelain"); out != " M large\n" {
		t.Errorf("changed: %q", out)
	}
}

func TestUpdateIndexKeepsRacyEntriesRacy(t *testing.T) {
	r := newCommit(t)
	path := r.WorkTree() + "/a"
	write(t, path, "alphx\n")
	past := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, past, past); err != nil {
		t.Fatal(err)
	}
	// The index says that this is the file it knows, and was written in the
	// second of the file's modification.
	x := readIndex(t, r)
	i, _ := x.Find("a")
	x.Entries[i].Stat = lstat(t, path)
	if err := os.WriteFile(r.IndexFile(), x.encode(), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(r.IndexFile(), past, past); err != nil {
		t.Fatal(err)
	}
	id := blobs(t, r, 1)[0]
	set(t, r, Entry{Path: "new", Mode: ModeFile, ID: id})
	if out := runGit(t, r.WorkTree(), "status", "--porcelain", "a"); out != " M a\n" {
		t.Errorf("the change to a file is hidden: %q", out)
	}
}

func TestUpdateIndexChanges(t *testing.T) {
	id := chunkstore.BlobID([]byte("alpha\n"))
	file := func(path string) Entry { return Entry{Path: path, Mode: ModeFile, ID: id} }
	cases := []struct {
		name   string
		set    []Entry
		remove []string
		want   []string
	}{
		{"nothing", nil, []string{"absent"}, []string{"a", "dir/b", "dir/sub/c"}},
		{"first", []Entry{file("A")}, nil, []string{"A", "a", "dir/b", "dir/sub/c"}},
		{"between", []Entry{file("dir/b0"), file("dir-b")}, nil, []string{"a", "dir-b", "dir/b", "dir/b0", "dir/sub/c"}},
		{"remove", nil, []string{"a", "dir/sub/c"}, []string{"dir/b"}},
		{"all", nil, []string{"a", "dir/b", "dir/sub/c"}, nil},
		{"file for a directory", []Entry{file("dir")}, nil, []string{"a", "dir"}},
		{"directory for a file", []Entry{file("a/x/y"), file("a/x/z")}, nil, []string{"a/x/y", "a/x/z", "dir/b", "dir/sub/c"}},
		{"deep directory for a file", []Entry{file("dir/b/c/d")}, nil, []string{"a", "dir/b/c/d", "dir/sub/c"}},
	}
	for _, version := range []string{"2", "4"} {
		for _, c := range cases {
			t.Run(c.name+" "+version, func(t *testing.T) {
				r := newCommit(t)
				runGit(t, r.WorkTree(), "update-index", "--index-version="+version)
				update(t, r, func(tx *IndexTx) error {
					for _, path := range c.remove {
						tx.Remove(path)
					}
					for _, e := range c.set {
						if err := tx.Set(e); err != nil {
							return err
						}
					}
					return nil
				})
				got := strings.FieldsFunc(runGit(t, r.WorkTree(), "ls-files", "-z"), func(c rune) bool { return c == 0 })
				if diff := cmp.Diff(c.want, got, cmpopts.EquateEmpty()); diff != "" {
					t.Error(diff)
				}
				checkAgainstGit(t, r)
				checkCachedTree(t, r)
				if v := readIndex(t, r).version; fmt.Sprint(v) != version {
					t.Errorf("version %d", v)
				}
			})
		}
	}
}

// checkCachedTree compares the tree that git makes with the help of the cached
// trees to the one it makes without.
func checkCachedTree(t *testing.T, r *Repo) {
	t.Helper()
	top := r.WorkTree()
	with := runGit(t, top, "write-tree")
	stage := runGit(t, top, "ls-files", "-s")
	cmd := gitCommand(top, "update-index", "--index-info")
	cmd.Env = append(cmd.Env, "GIT_INDEX_FILE="+filepath.Join(t.TempDir(), "index"))
	cmd.Stdin = strings.NewReader(stage)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	again := gitCommand(top, "write-tree")
	again.Env = cmd.Env
	without, err := again.Output()
	if err != nil || with != string(without) {
		t.Errorf("tree %s with and %s without cached trees (%v)", with, without, err)
	}
	runGit(t, top, "fsck", "--strict")
}

func TestUpdateIndexRandomly(t *testing.T) {
	r := newCommit(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	ids := blobs(t, r, 5)
	for range 30 {
		update(t, r, func(tx *IndexTx) error {
			for range rnd.IntN(20) {
				path := fmt.Sprintf("%d/%d", rnd.IntN(4), rnd.IntN(4))
				if rnd.IntN(3) == 0 {
					path += fmt.Sprintf("x/%d", rnd.IntN(3))
				}
				if rnd.IntN(3) == 0 {
					tx.Remove(path)
				} else if err := tx.Set(Entry{Path: path, Mode: ModeFile, ID: ids[rnd.IntN(5)]}); err != nil {
					return err
				}
			}
			return nil
		})
		checkCachedTree(t, r)
	}
	checkAgainstGit(t, r)
}

func TestSetRefuses(t *testing.T) {
	id := chunkstore.BlobID(nil)
	bad := []Entry{
		{Path: "", Mode: ModeFile, ID: id},
		{Path: "/a", Mode: ModeFile, ID: id},
		{Path: "a/", Mode: ModeFile, ID: id},
		{Path: "a//b", Mode: ModeFile, ID: id},
		{Path: "../a", Mode: ModeFile, ID: id},
		{Path: "a/.git/config", Mode: ModeFile, ID: id},
		{Path: "a\x00b", Mode: ModeFile, ID: id},
		{Path: "a", Mode: ModeTree, ID: id},
		{Path: "a", Mode: 0o100600, ID: id},
		{Path: "a", Mode: ModeFile},
		{Path: "a", Mode: ModeFile, ID: id, Stage: 2},
	}
	for _, e := range bad {
		if err := (&IndexTx{}).Set(e); err == nil {
			t.Errorf("%+v was accepted", e)
		}
	}
	r := newRepo(t)
	err := r.UpdateIndex(t.Context(), func(tx *IndexTx) error {
		return errors.Join(tx.Set(Entry{Path: "a", Mode: ModeFile, ID: id}),
			tx.Set(Entry{Path: "a-b", Mode: ModeFile, ID: id}),
			tx.Set(Entry{Path: "a/b", Mode: ModeFile, ID: id}))
	})
	if err == nil {
		t.Error("a file and a directory of one name were entered")
	}
}

func TestUpdateIndexResolvesConflict(t *testing.T) {
	r := newCommit(t)
	makeConflict(t, r)
	set(t, r, Entry{Path: "a", Mode: ModeFile, ID: chunkstore.BlobID([]byte("main\n"))})
	checkAgainstGit(t, r)
	if out := runGit(t, r.WorkTree(), "ls-files", "-u"); out != "" {
		t.Errorf("still unmerged: %q", out)
	}
	if out := runGit(t, r.WorkTree(), "ls-files", "--resolve-undo"); strings.Count(out, "\ta\n") != 3 {
		t.Errorf("resolve-undo: %q", out)
	}
	// A later change keeps the record.
	set(t, r, Entry{Path: "z", Mode: ModeFile, ID: chunkstore.BlobID([]byte("main\n"))})
	runGit(t, r.WorkTree(), "checkout", "-m", "a")
	if out := runGit(t, r.WorkTree(), "ls-files", "-u"); strings.Count(out, "\ta\n") != 3 {
		t.Errorf("conflict did not come back: %q", out)
	}
}

func TestUpdateIndexWritesOnlyChanges(t *testing.T) {
	r := newCommit(t)
	x := readIndex(t, r)
	past := time.Now().Add(-time.Hour)
	for i := range x.Entries {
		x.Entries[i].Stat.MtimeSec = uint32(past.Unix()) - 10
	}
	if err := os.WriteFile(r.IndexFile(), x.encode(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(r.IndexFile(), past, past); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(r.IndexFile(), 0o640); err != nil {
		t.Fatal(err)
	}
	set(t, r, x.Entries...)
	if got := readIndex(t, r).Mtime; got.After(past.Add(time.Minute)) {
		t.Error("the same index was written again")
	}
	x.Entries[0].Stat.Ino++
	set(t, r, x.Entries...)
	fi, err := os.Stat(r.IndexFile())
	if err != nil || !fi.ModTime().After(past.Add(time.Minute)) {
		t.Errorf("a change was not written: %v", err)
	}
	if fi.Mode().Perm() != 0o640 {
		t.Errorf("mode %v", fi.Mode())
	}
	if len(readIndex(t, r).tree) == 0 {
		t.Error("a new inode number cost the cached tree")
	}
}

func TestUpdateIndexFails(t *testing.T) {
	r := newCommit(t)
	before := mustBytes(t, r.IndexFile())
	wrong := errors.New("wrong")
	err := r.UpdateIndex(t.Context(), func(tx *IndexTx) error {
		tx.Remove("a")
		return wrong
	})
	if !errors.Is(err, wrong) {
		t.Error(err)
	}
	if diff := cmp.Diff(before, mustBytes(t, r.IndexFile())); diff != "" {
		t.Error("the index changed")
	}
	checkNothingLeft(t, r)
}

func checkNothingLeft(t *testing.T, r *Repo) {
	t.Helper()
	p := r.indexReplacement()
	for _, path := range []string{p.staged, p.lock()} {
		if _, err := os.Lstat(path); err == nil {
			t.Errorf("%s was left", path)
		}
	}
}

func TestUpdateIndexGitIsBusy(t *testing.T) {
	r := newCommit(t)
	id := chunkstore.BlobID([]byte("alpha\n"))
	lock := r.IndexFile() + ".lock"
	write(t, lock, "")
	time.AfterFunc(50*time.Millisecond, func() { os.Remove(lock) })
	set(t, r, Entry{Path: "waited", Mode: ModeFile, ID: id})

	write(t, lock, "")
	r.lockWait = 10 * time.Millisecond
	try := func(ctx context.Context) error {
		return r.UpdateIndex(ctx, func(tx *IndexTx) error {
			return tx.Set(Entry{Path: "new", Mode: ModeFile, ID: id})
		})
	}
	if err := try(t.Context()); !errors.Is(err, ErrBusy) {
		t.Errorf("got %v", err)
	}
	r.lockWait = time.Hour
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := try(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(lock); err != nil {
		t.Errorf("git's lock is gone: %v", err)
	}
}

func TestUpdateIndexWaitsForItsLike(t *testing.T) {
	r := newCommit(t)
	guard, err := r.indexReplacement().begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer guard.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err = r.UpdateIndex(ctx, func(*IndexTx) error { return nil })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestUpdateIndexAfterDeath(t *testing.T) {
	id := chunkstore.BlobID([]byte("alpha\n"))
	stages := map[string]func(t *testing.T, p replacement) error{
		"begun":  func(*testing.T, replacement) error { return nil },
		"staged": func(_ *testing.T, p replacement) error { return p.stage([]byte("half"), 0) },
		"locked": func(t *testing.T, p replacement) error {
			return errors.Join(p.stage([]byte("half"), 0), p.takeLock(t.Context()))
		},
		"renamed": func(t *testing.T, p replacement) error {
			good := mustBytes(t, p.target)
			return errors.Join(p.stage(good, 0), p.takeLock(t.Context()), os.Rename(p.lock(), p.target))
		},
		"half cleared": func(t *testing.T, p replacement) error {
			return errors.Join(p.stage([]byte("half"), 0), p.takeLock(t.Context()), os.Remove(p.lock()))
		},
	}
	for name, die := range stages {
		t.Run(name, func(t *testing.T) {
			r := newCommit(t)
			p := r.indexReplacement()
			guard, err := p.begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(die(t, p), guard.Close()); err != nil {
				t.Fatal(err)
			}
			set(t, r, Entry{Path: "new", Mode: ModeFile, ID: id})
			checkNothingLeft(t, r)
			runGit(t, r.WorkTree(), "fsck", "--strict")
			if out := runGit(t, r.WorkTree(), "ls-files"); out != "a\ndir/b\ndir/sub/c\nnew\n" {
				t.Errorf("index: %q", out)
			}
		})
	}
}

func TestUpdateIndexAgainstGit(t *testing.T) {
	r := newCommit(t)
	top := r.WorkTree()
	ids := blobs(t, r, 1)
	const each = 15
	var wg sync.WaitGroup
	for w := range 2 {
		wg.Go(func() {
			for i := range each {
				err := r.UpdateIndex(t.Context(), func(tx *IndexTx) error {
					return tx.Set(Entry{Path: fmt.Sprintf("ours-%d-%d", w, i), Mode: ModeFile, ID: ids[0]})
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range each {
		path := fmt.Sprintf("git-%d", i)
		write(t, filepath.Join(top, path), "x")
		for gitCommand(top, "add", path).Run() != nil {
			time.Sleep(time.Millisecond)
		}
	}
	wg.Wait()
	if n := strings.Count(runGit(t, top, "ls-files"), "\n"); n != 3+3*each {
		t.Errorf("%d entries, want %d", n, 3+3*each)
	}
	checkNothingLeft(t, r)
}

func TestUpdateIndexElsewhere(t *testing.T) {
	main := newCommit(t)
	linked := filepath.Join(realDir(t), "linked")
	runGit(t, main.WorkTree(), "worktree", "add", "-q", linked)
	other := filepath.Join(realDir(t), "index")
	cases := map[string]*Repo{
		"linked work tree": mustOpen(t, Options{Dir: linked}),
		"GIT_INDEX_FILE":   mustOpen(t, Options{Dir: main.WorkTree(), IndexFile: other}),
	}
	for name, r := range cases {
		t.Run(name, func(t *testing.T) {
			set(t, r, Entry{Path: "new", Mode: ModeFile, ID: chunkstore.BlobID([]byte("alpha\n"))})
			x := readIndex(t, r)
			if _, ok := x.Find("new"); !ok {
				t.Error("the entry is not there")
			}
			if x := readIndex(t, main); len(x.Entries) != 3 {
				t.Error("the main index changed")
			}
			checkNothingLeft(t, r)
		})
	}
}

func TestUpdateIndexReadOnly(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root writes everywhere")
	}
	r := newCommit(t)
	if err := os.Chmod(r.GitDir(), 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(r.GitDir(), 0o777)
	err := r.UpdateIndex(t.Context(), func(*IndexTx) error { return nil })
	if !errors.Is(err, os.ErrPermission) {
		t.Errorf("got %v", err)
	}
}

func FuzzIndex(f *testing.F) {
	entries := []Entry{
		{Path: "a", Mode: ModeFile, Stat: Stat{Size: 1}},
		{Path: "a/b", Mode: ModeLink, Stage: 1},
		{Path: "a/b", Mode: ModeLink, Stage: 3, AssumeValid: true},
	}
	f.Add((&Index{}).encode())
	f.Add((&Index{Entries: entries, tree: []byte("\x00-1 0\n")}).encode())
	f.Add((&Index{Entries: entries, version: 4, undo: []byte("x")}).encode())
	f.Add((&Index{Entries: append(entries, Entry{Path: "c", SkipWorktree: true})}).encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		// Without this no change would get past the checksum.
		if len(data) > 20 {
			clear(data[len(data)-20:])
		}
		x, err := parseIndex(data)
		if err != nil {
			return
		}
		again, err := parseIndex(x.encode())
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if diff := cmp.Diff(x.Entries, again.Entries, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
		if tree := invalidateTree(x.tree, []string{"a", "a/b"}); len(tree) > 0 {
			if len(invalidateTree(tree, []string{"a"})) == 0 {
				t.Error("a cached tree that was written cannot be read")
			}
		}
	})
}

const manyEntries = 100_000

func manyPaths() []Entry {
	id := chunkstore.BlobID([]byte("alpha\n"))
	entries := make([]Entry, manyEntries)
	for i := range entries {
		path := fmt.Sprintf("dir%03d/sub%02d/some-file-name-%06d.txt", i/1000, i/100%10, i)
		entries[i] = Entry{Path: path, Mode: ModeFile, ID: id, Stat: Stat{Ino: uint32(i), MtimeSec: 1}}
	}
	return entries
}

func BenchmarkReadIndex(b *testing.B) {
	data := (&Index{Entries: manyPaths()}).encode()
	path := filepath.Join(b.TempDir(), "index")
	if err := os.WriteFile(path, data, 0o666); err != nil {
		b.Fatal(err)
	}
	r := &Repo{indexFile: path}
	for b.Loop() {
		x, err := r.ReadIndex()
		if err != nil || len(x.Entries) != manyEntries {
			b.Fatal(err)
		}
	}
}

func BenchmarkUpdateIndex(b *testing.B) {
	sorted := manyPaths()
	shuffled := slices.Clone(sorted)
	rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for _, bench := range []struct {
		name         string
		base, change []Entry
	}{
		{"new sorted", nil, sorted},
		{"new shuffled", nil, shuffled},
		{"all again", sorted, sorted},
		{"one more", sorted, []Entry{{Path: "one", Mode: ModeFile, ID: sorted[0].ID}}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			dir := b.TempDir()
			r := &Repo{gitDir: dir, indexFile: filepath.Join(dir, "index")}
			base := (&Index{Entries: bench.base}).encode()
			for n := uint32(2); b.Loop(); n++ {
				if err := os.WriteFile(r.indexFile, base, 0o666); err != nil {
					b.Fatal(err)
				}
				err := r.UpdateIndex(b.Context(), func(tx *IndexTx) error {
					for _, e := range bench.change {
						e.Stat.MtimeSec = n
						if err := tx.Set(e); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestStatOfSize(t *testing.T) {
	for size, want := range map[int64]uint32{
		0: 0, 1: 1, 1<<32 - 1: 1<<32 - 1, 1 << 32: 1 << 31, 1<<32 + 1: 1, 3 << 40: 1 << 31,
	} {
		if got := StatOf(&syscall.Stat_t{Size: size}).Size; got != want {
			t.Errorf("%d bytes: %d, want %d", size, got, want)
		}
	}
}

func TestResembles(t *testing.T) {
	st := Stat{MtimeSec: 7, MtimeNsec: 8, Size: 9}
	racy := Entry{Stat: st}
	if racy.Matches(st, time.Unix(7, 0)) || !racy.Resembles(st) {
		t.Error("racy")
	}
	smudged := Entry{Stat: Stat{MtimeSec: 7, MtimeNsec: 8}}
	if smudged.Matches(st, time.Unix(99, 0)) || !smudged.Resembles(st) {
		t.Error("smudged")
	}
	if (Entry{Stat: Stat{MtimeSec: 7, MtimeNsec: 1, Size: 9}}).Resembles(st) {
		t.Error("touched")
	}
}

func TestNothingStaged(t *testing.T) {
	r := newCommit(t)
	top := r.WorkTree()
	check := func(what, want string) {
		t.Helper()
		id, ok, err := r.indexTree()
		if err != nil || ok != (want != "") || ok && id.String() != want {
			t.Errorf("%s: %v, %v, %v, want %q", what, id, ok, err, want)
		}
	}
	for _, version := range []string{"2", "3", "4"} {
		runGit(t, top, "update-index", "--index-version", version)
		runGit(t, top, "reset", "-q", "--hard")
		write(t, filepath.Join(top, "sub", "new"+version), version)
		runGit(t, top, "add", ".")
		check("changed", "")
		if same, err := r.NothingStaged(); same || err != nil {
			t.Errorf("changed: %v, %v", same, err)
		}
		check("written", strings.TrimSpace(runGit(t, top, "write-tree")))
		if same, err := r.NothingStaged(); same || err != nil {
			t.Errorf("written: %v, %v", same, err)
		}
		runGit(t, top, "commit", "-q", "-m", version)
		if same, err := r.NothingStaged(); !same || err != nil {
			t.Errorf("committed: %v, %v", same, err)
		}
	}
	if err := os.Truncate(r.indexFile, 100); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.indexTree(); !errors.Is(err, ErrBadIndex) {
		t.Errorf("cut off: %v", err)
	}
	if err := os.Remove(r.indexFile); err != nil {
		t.Fatal(err)
	}
	check("none", "")
}
