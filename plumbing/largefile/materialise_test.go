// SPDX-License-Identifier: Apache-2.0

package largefile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/chunkstore"
)

func newFile(t testing.TB) *os.File {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func wantFile(t *testing.T, f *os.File, want []byte) {
	t.Helper()
	got, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%d bytes that are not the %d wanted", len(got), len(want))
	}
}

func TestMaterialiseGivesTheContentBack(t *testing.T) {
	for seed := range uint64(16) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			r, p := newRand(seed), smallParams()
			data := content(r, p, 1+r.IntN(12))
			m := reference(p, data)
			f := newFile(t)
			var progress int64
			o := MaterialiseOptions{Chunks: memoryOf(m, data), Progress: func(n int64) { progress += n }}
			if err := Materialise(t.Context(), m, f, o); err != nil {
				t.Fatal(err)
			}
			wantFile(t, f, data)
			if progress != m.Size {
				t.Errorf("progress of %d bytes, of %d", progress, m.Size)
			}
			wantHoles(t, f, m)
		})
	}
}

// wantHoles sees that nothing but chunks, and what they share blocks with,
// takes up space.
func wantHoles(t *testing.T, f *os.File, m *chunkstore.Manifest) {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		t.Fatal(err)
	}
	var most int64
	for _, p := range m.Pieces {
		if !p.Hole {
			most += p.Length + 2*blockAlign
		}
	}
	if got := st.Blocks * 512; got > most+64<<10 { // the file system's own
		t.Errorf("it takes up %d bytes, %d at most were written", got, most)
	}
}

// TestSeeds: what the seed has is not asked of the store, and a seed that is
// not what it seems does no harm.
func TestSeeds(t *testing.T) {
	for seed := range uint64(3) {
		r, p := newRand(seed), smallParams()
		before := content(r, p, 10)
		data := edited(r, p, before)
		m, old := reference(p, data), reference(p, before)
		damaged := bytes.Clone(before)
		for at := range damaged {
			if at%p.Max == 0 {
				damaged[at] ^= 1
			}
		}
		tests := []struct {
			name     string
			file     []byte
			manifest *chunkstore.Manifest
			useful   bool
		}{
			{"right", before, old, true},
			{"the same", data, m, true},
			{"damaged", damaged, old, false},
			{"another file", content(r, p, 4), old, false},
			{"shortened", before[:len(before)/2], old, false},
			{"empty", nil, old, false},
			{"shifted", append([]byte("x"), before...), old, false},
			{"lying about everything", data, reference(p, edited(r, p, data)), false},
		}
		for _, tt := range tests {
			t.Run(fmt.Sprintf("seed %d, %s", seed, tt.name), func(t *testing.T) {
				store := memoryOf(m, data)
				s := NewSeed(sparseFile(t, r, tt.file), tt.manifest)
				f := newFile(t)
				if err := Materialise(t.Context(), m, f, MaterialiseOptions{Chunks: store, Seed: s}); err != nil {
					t.Fatal(err)
				}
				wantFile(t, f, data)
				wantHoles(t, f, m)
				for _, id := range store.read {
					if _, has := s.chunks[id]; has && tt.useful {
						t.Errorf("chunk %s was read from the store", id)
					}
				}
			})
		}
	}
}

// TestSeedAlone: a chunk that only the seed has is there, even when the seed
// is wrong about another one.
func TestSeedAlone(t *testing.T) {
	p := smallParams()
	data := randomBytes(newRand(1), 8*p.Max)
	m := reference(p, data)
	store := memoryOf(m, data)
	file := bytes.Clone(data)
	for i, at := range spans(m) {
		if i%2 == 0 {
			delete(store.chunks, at.ID)
		} else {
			file[at.offset] ^= 1
		}
	}
	s := NewSeed(sparseFile(t, newRand(1), file), m)
	f := newFile(t)
	if err := Materialise(t.Context(), m, f, MaterialiseOptions{Chunks: store, Seed: s}); err != nil {
		t.Fatal(err)
	}
	wantFile(t, f, data)
}

func TestMaterialiseErrors(t *testing.T) {
	p := smallParams()
	data := randomBytes(newRand(1), 8*p.Max)
	right := reference(p, data)
	victim := right.Pieces[3].ID
	otherID := chunkstore.BlobID([]byte("other"))
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	type change func(m *chunkstore.Manifest, s *memory)
	tests := []struct {
		name   string
		change change
		ctx    context.Context
		want   func(error) bool
	}{
		{"absent chunk", func(_ *chunkstore.Manifest, s *memory) { delete(s.chunks, victim) }, t.Context(), isMissing(victim)},
		{"flipped byte", func(_ *chunkstore.Manifest, s *memory) {
			s.chunks[victim] = bytes.Clone(s.chunks[victim])
			s.chunks[victim][100] ^= 1
		}, t.Context(), isCorrupt(victim)},
		{"too short", func(_ *chunkstore.Manifest, s *memory) { s.chunks[victim] = s.chunks[victim][1:] }, t.Context(), isCorrupt(victim)},
		{"too long", func(_ *chunkstore.Manifest, s *memory) {
			s.chunks[victim] = append(bytes.Clone(s.chunks[victim]), 0)
		}, t.Context(), isCorrupt(victim)},
		{"empty", func(_ *chunkstore.Manifest, s *memory) { s.chunks[victim] = nil }, t.Context(), isCorrupt(victim)},
		{"wrong digest", func(m *chunkstore.Manifest, _ *memory) { m.SHA256[0] ^= 1 }, t.Context(), isDigest},
		{"chunks exchanged", func(m *chunkstore.Manifest, _ *memory) {
			m.Pieces[1], m.Pieces[2] = m.Pieces[2], m.Pieces[1]
		}, t.Context(), isDigest},
		{"another chunk", func(m *chunkstore.Manifest, s *memory) {
			m.Pieces[3].ID, s.chunks[otherID] = otherID, []byte("other")
		}, t.Context(), isCorrupt(otherID)},
		{"cancelled", func(*chunkstore.Manifest, *memory) {}, cancelled, func(err error) bool { return errors.Is(err, context.Canceled) }},
	}
	for _, tt := range tests {
		m, store := reference(p, data), memoryOf(right, data)
		tt.change(m, store)
		t.Run(tt.name, func(t *testing.T) {
			if err := Materialise(tt.ctx, m, newFile(t), MaterialiseOptions{Chunks: store}); !tt.want(err) {
				t.Errorf("Materialise: %v", err)
			}
			if err := Cat(tt.ctx, m, store, &bytes.Buffer{}, 0, -1); !tt.want(err) {
				t.Errorf("Cat: %v", err)
			}
		})
	}
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	if err := Materialise(t.Context(), right, full, MaterialiseOptions{Chunks: memoryOf(right, data)}); err == nil {
		t.Error("a file that takes nothing: no error")
	}
}

// TestAnotherCopy is taken where the first one is damaged.
func TestAnotherCopy(t *testing.T) {
	p := smallParams()
	data := randomBytes(newRand(1), 8*p.Max)
	m := reference(p, data)
	for _, change := range []func([]byte) []byte{
		func(c []byte) []byte { c[0] ^= 1; return c },
		func(c []byte) []byte { return c[1:] },
	} {
		store := memoryOf(m, data)
		id := m.Pieces[3].ID
		store.copies = map[chunkstore.ID][]byte{id: store.chunks[id]}
		store.chunks[id] = change(bytes.Clone(store.chunks[id]))
		f := newFile(t)
		if err := Materialise(t.Context(), m, f, MaterialiseOptions{Chunks: store}); err != nil {
			t.Fatal(err)
		}
		wantFile(t, f, data)
		var got bytes.Buffer
		if err := Cat(t.Context(), m, store, &got, 0, -1); err != nil || !bytes.Equal(got.Bytes(), data) {
			t.Errorf("Cat: %d bytes, %v", got.Len(), err)
		}
	}
}

func isMissing(id chunkstore.ID) func(error) bool {
	return func(err error) bool {
		var e *chunkstore.MissingError
		return errors.As(err, &e) && e.ID == id
	}
}

func isCorrupt(id chunkstore.ID) func(error) bool {
	return func(err error) bool {
		var e *chunkstore.CorruptError
		return errors.As(err, &e) && e.ID == id
	}
}

func isDigest(err error) bool {
	var e *DigestError
	return errors.As(err, &e) && e.Want != e.Got
}

// xfs mounts an empty file system on which files can share extents.
func xfs(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root to mount a file system")
	}
	dir := t.TempDir()
	image, at := filepath.Join(dir, "image"), filepath.Join(dir, "mnt")
	if err := os.Mkdir(at, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(image, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(image, 320<<20); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"mkfs.xfs", "-q", "-m", "reflink=1", image}, {"mount", "-o", "loop", image, at}} {
		if out, err := command(args...); err != nil {
			t.Skipf("no xfs to share extents on: %v: %v: %s", args, err, out)
		}
	}
	t.Cleanup(func() {
		if out, err := command("umount", at); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	return at
}

// TestShare shares extents where it can, whatever the chunks' alignment.
func TestShare(t *testing.T) {
	dir := xfs(t)
	r, p := newRand(3), smallParams()
	before := randomBytes(r, 64*p.Max)
	copy(before[10*p.Max:], make([]byte, 5*p.Max))
	tests := []struct {
		name   string
		after  []byte
		shares bool // nearly all of it
	}{
		{"the same", before, true},
		{"appended", append(bytes.Clone(before), "more"...), true},
		{"a page inserted", append(randomBytes(r, blockAlign), before...), true},
		{"a page deleted", before[blockAlign:], true},
		{"a byte inserted", append([]byte("x"), before...), false},
		{"a byte changed", append(append(bytes.Clone(before[:1000]), 'x'), before[1001:]...), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			seed, dst := mustCreate(t, dir, "seed"), mustCreate(t, dir, "dst")
			if _, err := seed.Write(before); err != nil {
				t.Fatal(err)
			}
			syncAll(t, seed)
			free := freeBytes(t, dir)
			m := reference(p, tt.after)
			o := MaterialiseOptions{Chunks: memoryOf(m, tt.after), Seed: NewSeed(seed, reference(p, before))}
			if err := Materialise(t.Context(), m, dst, o); err != nil {
				t.Fatal(err)
			}
			syncAll(t, dst)
			taken := free - freeBytes(t, dir)
			wantFile(t, dst, tt.after)
			wantFile(t, seed, before)
			if most := int64(len(before) / 8); tt.shares && taken > most {
				t.Errorf("%d bytes taken, at most %d expected", taken, most)
			}
		})
	}
}

// TestShareArithmetic copies single chunks from and to any offset and leaves
// what lies around them alone.
func TestShareArithmetic(t *testing.T) {
	dir := xfs(t)
	r := newRand(4)
	data := randomBytes(r, 1<<20)
	seed := mustCreate(t, dir, "seed")
	if _, err := seed.Write(data); err != nil {
		t.Fatal(err)
	}
	for range 200 {
		from, length := r.Int64N(1<<19), 1+r.Int64N(1<<16)
		to := from + blockAlign*(r.Int64N(64)-32)
		if r.IntN(4) == 0 {
			length = blockAlign * (1 + r.Int64N(4))
		}
		if to < 0 {
			continue
		}
		dst := mustCreate(t, dir, "dst")
		around := bytes.Repeat([]byte{0xaa}, 1<<20)
		if _, err := dst.Write(around); err != nil {
			t.Fatal(err)
		}
		w := &writer{dst: dst, o: MaterialiseOptions{Seed: &Seed{file: seed}}}
		s := span{chunkstore.Piece{Length: length}, to}
		shared := w.share(s, from)
		if whole := length - -to&(blockAlign-1); shared != (whole >= blockAlign) {
			t.Errorf("%d bytes from %d to %d: shared is %v", length, from, to, shared)
		}
		if shared {
			copy(around[to:], data[from:from+length])
		}
		wantFile(t, dst, around)
		dst.Close()
	}
	w := &writer{dst: seed, o: MaterialiseOptions{Seed: &Seed{file: seed}}}
	if w.share(span{chunkstore.Piece{Length: 1 << 16}, 1}, 0) {
		t.Error("shared what is not aligned alike")
	}
}

func mustCreate(t *testing.T, dir, name string) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// syncAll makes the file system of f decide what takes up space.
func syncAll(t *testing.T, f *os.File) {
	t.Helper()
	if err := unix.Syncfs(int(f.Fd())); err != nil {
		t.Fatal(err)
	}
}

func freeBytes(t *testing.T, dir string) int64 {
	t.Helper()
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		t.Fatal(err)
	}
	return int64(st.Bfree) * st.Bsize
}
