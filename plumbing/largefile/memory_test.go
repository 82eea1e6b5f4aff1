// SPDX-License-Identifier: Apache-2.0

package largefile

import (
	"context"
	"crypto/sha256"
	"io"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
)

// A heap watches how much memory is in use. What is garbage does not count.
type heap struct{ before, most uint64 }

func newHeap() *heap {
	h := &heap{}
	h.look()
	return &heap{before: h.most}
}

func (h *heap) look() {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	h.most = max(h.most, s.HeapAlloc)
}

func (h *heap) want(t *testing.T, most int64) {
	t.Helper()
	if got := int64(h.most) - int64(h.before); got > most {
		t.Errorf("%d MiB in use, want at most %d", got>>20, most>>20)
	}
}

// A watchingSink looks at the heap now and then.
type watchingSink struct {
	heap *heap
	n    atomic.Int64
}

func (s *watchingSink) Has(chunkstore.ID) (bool, error) { return false, nil }

func (s *watchingSink) Append(packfile.Object) error {
	if s.n.Add(1)%16 == 0 {
		s.heap.look()
	}
	return nil
}

func TestCaptureIsBounded(t *testing.T) {
	p := smallParams()
	p.Max = 1 << 20
	sink := &watchingSink{heap: newHeap()}
	src := Stream(io.LimitReader(endless{}, 48<<20))
	if _, err := Capture(t.Context(), src, sink, CaptureOptions{Params: p}); err != nil {
		t.Fatal(err)
	}
	if sink.n.Load() < 100 {
		t.Fatalf("only %d chunks", sink.n.Load())
	}
	sink.heap.want(t, Weight(p, 0)+4<<20)
}

// growing are chunks of which some are long: the buffers that these leave must
// not add up.
type growing struct{ data []byte }

func (g growing) Read(_ context.Context, id chunkstore.ID, buf []byte) ([]byte, error) {
	n := int(id[0])<<16 | int(id[1])<<8 | int(id[2])
	return append(buf[:0], g.data[:n]...), nil
}

func TestInOrderIsBounded(t *testing.T) {
	const long, short = 8 << 20, 512 << 10
	g := growing{make([]byte, long)}
	var all []span
	r := newRand(1)
	for i := range 400 {
		n := min(long, short+int(r.ExpFloat64()*(1<<20)))
		if i%23 == 0 {
			n = long
		}
		all = append(all, span{chunkstore.Piece{ID: chunkstore.ID{byte(n >> 16), byte(n >> 8), byte(n)}, Length: int64(n)}, 0})
	}
	h, n := newHeap(), 0
	fetch := func(ctx context.Context, s span, buf []byte) ([]byte, error) {
		return g.Read(ctx, s.ID, buf)
	}
	consume := func(s span, data []byte) error {
		if int64(len(data)) != s.Length {
			t.Errorf("%d bytes, want %d", len(data), s.Length)
		}
		if n++; n%16 == 0 {
			h.look()
		}
		return nil
	}
	if err := inOrder(t.Context(), all, 4, fetch, consume); err != nil {
		t.Fatal(err)
	}
	h.want(t, Window+Window/2)
}

// TestInOrderOfLongChunks: one that is longer than the window goes through,
// alone.
func TestInOrderOfLongChunks(t *testing.T) {
	p := smallParams()
	p.Max = 64 << 20
	data := randomBytes(newRand(1), Window+1<<20)
	id := chunkstore.BlobID(data)
	m := &chunkstore.Manifest{Size: 3 * int64(len(data)), Params: p}
	sum := sha256.New()
	for range 3 {
		m.Pieces = append(m.Pieces, chunkstore.Piece{ID: id, Length: int64(len(data))})
		sum.Write(data)
	}
	m.SHA256 = [32]byte(sum.Sum(nil))
	if err := Cat(t.Context(), m, memoryOf(m, append(append(data[:len(data):len(data)], data...), data...)), io.Discard, 0, -1); err != nil {
		t.Error(err)
	}
}
