// SPDX-License-Identifier: Apache-2.0

package largefile

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
)

func TestCatRanges(t *testing.T) {
	for seed := range uint64(3) {
		r, p := newRand(seed), smallParams()
		data := content(r, p, 10)
		m := reference(p, data)
		size := int64(len(data))
		type span struct{ offset, length int64 }
		ranges := []span{{0, -1}, {0, size}, {0, size + 1}, {size, 1}, {size + 5, -1}, {0, 0}, {size - 1, 1}, {-3, 5}, {0, 1 << 62}, {1 << 62, 1 << 62}}
		for range 25 {
			ranges = append(ranges, span{r.Int64N(size + 1), r.Int64N(size/2+1) - 1})
		}
		for _, at := range m.Pieces[:min(5, len(m.Pieces))] { // exactly one piece
			ranges = append(ranges, span{0, at.Length}, span{at.Length, 1})
		}
		for _, at := range ranges {
			store := memoryOf(m, data)
			var got bytes.Buffer
			if err := Cat(t.Context(), m, store, &got, at.offset, at.length); err != nil {
				t.Fatalf("seed %d, %+v: %v", seed, at, err)
			}
			from := min(max(at.offset, 0), size)
			to := size
			if at.length >= 0 && at.length < size-from {
				to = from + at.length
			}
			if !bytes.Equal(got.Bytes(), data[from:to]) {
				t.Errorf("seed %d, %+v: %d bytes that are not the %d wanted", seed, at, got.Len(), to-from)
			}
			wantReads(t, m, store, from, to)
		}
	}
}

// wantReads sees that only the chunks of a range were read.
func wantReads(t *testing.T, m *chunkstore.Manifest, store *memory, from, to int64) {
	t.Helper()
	var want []chunkstore.ID
	for _, at := range spans(m) {
		if !at.Hole && at.offset < to && at.offset+at.Length > from {
			want = append(want, at.ID)
		}
	}
	got := slices.Clone(store.read)
	slices.SortFunc(got, compareIDs)
	slices.SortFunc(want, compareIDs)
	if !slices.Equal(got, want) {
		t.Errorf("%d to %d: read %d chunks, want %d", from, to, len(got), len(want))
	}
}

func compareIDs(a, b chunkstore.ID) int { return bytes.Compare(a[:], b[:]) }

// TestCatWritesNothingWrong: a damaged chunk is noticed before any of it is
// written, in a part of the file, too.
func TestCatWritesNothingWrong(t *testing.T) {
	p := smallParams()
	data := randomBytes(newRand(1), 8*p.Max)
	m := reference(p, data)
	store := memoryOf(m, data)
	victim := spans(m)[4]
	bad := bytes.Clone(store.chunks[victim.ID])
	bad[len(bad)-1] ^= 1
	store.chunks[victim.ID] = bad
	for _, offset := range []int64{0, 10} {
		var got bytes.Buffer
		err := Cat(t.Context(), m, store, &got, offset, m.Size-20)
		if !isCorrupt(victim.ID)(err) {
			t.Errorf("from %d: %v", offset, err)
		}
		if !bytes.HasPrefix(data[offset:victim.offset], got.Bytes()) {
			t.Errorf("from %d: wrote what is not the content", offset)
		}
	}
}

type fullDisk struct{ err error }

func (w fullDisk) Write([]byte) (int, error) { return 0, w.err }

func TestCatToABrokenWriter(t *testing.T) {
	bad := errors.New("bad")
	p := smallParams()
	data := append(make([]byte, 3*p.Min), randomBytes(newRand(1), 3*p.Max)...)
	m := reference(p, data)
	for _, offset := range []int64{0, int64(4 * p.Min)} {
		if err := Cat(t.Context(), m, memoryOf(m, data), fullDisk{bad}, offset, -1); !errors.Is(err, bad) {
			t.Errorf("from %d: %v", offset, err)
		}
	}
}
