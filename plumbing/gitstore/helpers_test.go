// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// runGit runs the real git without the person's configuration.
func runGit(t testing.TB, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v: %s", args, err, out)
	}
	return string(out)
}

// newDir makes an empty repository and returns its directory.
func newDir(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	runGit(t, dir, "init", "-q")
	runGit(t, dir, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-q", "--allow-empty", "-m", "first")
	return dir
}

// open opens the store of a repository once more, as another process would.
func open(t testing.TB, dir string) *Store {
	t.Helper()
	r, err := repo.Open(repo.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(r)
	if err != nil {
		t.Fatal(err)
	}
	s.packLeast = 0
	t.Cleanup(func() {
		s.Close()
		r.Close()
	})
	return s
}

func newStore(t testing.TB) *Store { return open(t, newDir(t)) }

func (s *Store) dir() string { return filepath.Dir(s.repo.CommonDir()) }

// random returns n incompressible bytes, the same for the same seed.
func random(seed byte, n int) []byte {
	data := make([]byte, n)
	rand.NewChaCha8([32]byte{seed}).Read(data)
	return data
}

// several returns count chunks of n bytes each.
func several(seed byte, count, n int) [][]byte {
	all := random(seed, count*n)
	return slices.Collect(slices.Chunk(all, n))
}

func idsOf(chunks [][]byte) []chunkstore.ID {
	ids := make([]chunkstore.ID, len(chunks))
	for i, c := range chunks {
		ids[i] = chunkstore.BlobID(c)
	}
	return ids
}

func begin(t testing.TB, s *Store, chunks ...[]byte) *Batch {
	t.Helper()
	b, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fill(t, b, chunks...)
	return b
}

func fill(t testing.TB, b *Batch, chunks ...[]byte) {
	t.Helper()
	encoder := packfile.NewEncoder()
	for _, c := range chunks {
		o := encoder.Encode(packfile.Blob, chunkstore.BlobID(c), c)
		if err := b.Append(o); err != nil {
			t.Fatal(err)
		}
		o.Release()
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// store adds chunks and returns the path, without extension, of the one pack
// that they make.
func store(t testing.TB, s *Store, chunks ...[]byte) string {
	t.Helper()
	before := packs(t, s)
	b := begin(t, s, chunks...)
	must(t, b.Commit(t.Context()))
	must(t, b.Settle())
	added := slices.DeleteFunc(packs(t, s), func(p string) bool { return slices.Contains(before, p) })
	if len(added) != 1 {
		t.Fatalf("%d new packs", len(added))
	}
	return added[0]
}

// packs lists the packs with a .keep, by their paths without extension.
func packs(t testing.TB, s *Store) []string {
	t.Helper()
	keeps, err := filepath.Glob(filepath.Join(s.packDir, "*.keep"))
	must(t, err)
	for i := range keeps {
		keeps[i] = strings.TrimSuffix(keeps[i], ".keep")
	}
	return keeps
}

// finished brings the chunks of a batch into a pack, held by nothing yet.
func finished(t testing.TB, b *Batch) string {
	t.Helper()
	b.mu.Lock()
	b.finishCurrent()
	b.mu.Unlock()
	must(t, b.finishing.Wait())
	return strings.TrimSuffix(b.finished[len(b.finished)-1].Path, ".pack")
}

// die ends a batch as kill -9 does.
func die(b *Batch) { _ = b.writer.file.Close() }

// unhold takes chunks out of the held set.
func unhold(t testing.TB, s *Store, chunks ...[]byte) {
	t.Helper()
	must(t, s.reload())
	old := s.root
	root, trees, err := s.held.Update(nil, idsOf(chunks))
	must(t, err)
	for _, tree := range append(trees, chunkstore.Tree{}) { // git's empty tree, too
		_, err := s.repo.WriteObject("tree", tree.Body)
		must(t, err)
	}
	must(t, s.repo.SwapRef(HeldRef, old, root, "test"))
	must(t, s.reload())
}

func wantChunks(t testing.TB, s *Store, chunks ...[]byte) {
	t.Helper()
	for i, c := range chunks {
		id := chunkstore.BlobID(c)
		if held, err := s.Has(t.Context(), id); !held || err != nil {
			t.Errorf("chunk %d is held: %v, %v", i, held, err)
		}
		if got, err := s.Get(t.Context(), id); err != nil || !bytes.Equal(got, c) {
			t.Errorf("chunk %d: %d bytes, %v", i, len(got), err)
		}
	}
}

func wantMissing(t testing.TB, s *Store, chunks ...[]byte) {
	t.Helper()
	for i, c := range chunks {
		var missing *chunkstore.MissingError
		if _, err := s.Get(t.Context(), chunkstore.BlobID(c)); !errors.As(err, &missing) {
			t.Errorf("chunk %d: %v, want a *MissingError", i, err)
		}
	}
}

// wantTidy sees that nothing is left of any writer.
func wantTidy(t testing.TB, s *Store) {
	t.Helper()
	for _, dir := range []string{s.spool, s.writers} {
		entries, err := os.ReadDir(dir)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		for _, e := range entries {
			t.Errorf("left: %s", filepath.Join(dir, e.Name()))
		}
	}
	for _, base := range packs(t, s) {
		if !isChunkPack(base + ".keep") {
			t.Errorf("pack %s is not settled", base)
		}
	}
}

// wantSound sees that git and we find nothing wrong.
func wantSound(t testing.TB, s *Store) {
	t.Helper()
	if out := runGit(t, s.dir(), "fsck", "--full", "--strict", "--no-progress", "--no-dangling"); out != "" {
		t.Errorf("git fsck: %s", out)
	}
	for _, d := range check(t, s, CheckOptions{}) {
		t.Errorf("damage: %+v", d)
	}
}

func check(t testing.TB, s *Store, o CheckOptions) []Damage {
	t.Helper()
	var all []Damage
	must(t, s.Check(t.Context(), o, func(d Damage) { all = append(all, d) }))
	return all
}

// damage flips a byte of the chunk as a pack stores it.
func damage(t testing.TB, base string, chunk []byte) {
	t.Helper()
	p, err := packfile.Open(base + ".idx")
	must(t, err)
	defer p.Close()
	i, ok := p.Index.Find(chunkstore.BlobID(chunk))
	if !ok {
		t.Fatalf("%s does not have the chunk", base)
	}
	_, at, _ := p.Index.At(i)
	flip(t, base+".pack", at+p.RawSize(i)-5) // before the Adler-32
}

func flip(t testing.TB, path string, at int64) {
	t.Helper()
	must(t, os.Chmod(path, 0o644))
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	defer f.Close()
	var b [1]byte
	_, err = f.ReadAt(b[:], at)
	must(t, err)
	b[0] ^= 1
	_, err = f.WriteAt(b[:], at)
	must(t, err)
}

func glob(t testing.TB, dir, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, pattern))
	must(t, err)
	return paths
}
