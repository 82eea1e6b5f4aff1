// SPDX-License-Identifier: Apache-2.0

package sourcetest

import (
	"bytes"
	"context"
	"runtime"
	"sync"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/chunkstore/storetest"
	"github.com/git-devops/git-devops/plumbing/packfile"
	"github.com/git-devops/git-devops/plumbing/transfer"
)

// testFetch: all that the source has arrives and no more, and nothing is left.
func testFetch(t *testing.T, open opener) {
	chunks := contents(40)
	source, got := open(t, chunks...), newSink()
	if _, err := source.Have(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	res, err := transfer.Fetch(t.Context(), wants(append(chunks, absent...)...), []transfer.Source{source.Source}, got, transfer.Options{})
	if err != nil || len(res.Missing) != len(absent) || res.Sources[0].Err != nil {
		t.Errorf("Fetch: %v, %d missing, %+v", err, len(res.Missing), res.Sources)
	}
	got.wantOnly(t, chunks)
	wantGoroutines(t, before)
}

// testFetchCorrupt: the rest arrives, and the source is named.
func testFetchCorrupt(t *testing.T, open opener) {
	chunks := contents(12)
	source, got := open(t, chunks...), newSink()
	source.damage(t, chunks[8])
	res, err := transfer.Fetch(t.Context(), wants(chunks...), []transfer.Source{source.Source}, got, transfer.Options{})
	if err != nil || len(res.Missing) != 1 || res.Missing[0] != chunkstore.BlobID(chunks[8]) {
		t.Errorf("Fetch: %v, missing %v", err, res.Missing)
	}
	if r := res.Sources[0]; r.Name != source.Name() || !absentOrCorrupt(r.Err) {
		t.Errorf("%+v", r)
	}
	got.wantOnly(t, append(chunks[:8:8], chunks[9:]...))
}

// testFetchCut: the rest comes from elsewhere, and the source is named.
func testFetchCut(t *testing.T, open opener) {
	chunks := contents(60)
	source, got := open(t, chunks...), newSink()
	if source.Cut == nil {
		t.Skip("the connection to this source cannot be cut by the test")
	}
	var once sync.Once
	good := &late{transfer.FromStore("good", storetest.NewMemory(chunks...), 1), make(chan struct{})}
	res, err := transfer.Fetch(t.Context(), wants(chunks...), []transfer.Source{source.Source, good}, got, transfer.Options{
		Window: 100_000,
		Progress: func(string, int64) {
			once.Do(func() {
				source.Cut()
				close(good.cut)
			})
		},
	})
	if err != nil || len(res.Missing) > 0 {
		t.Errorf("Fetch: %v, %d missing", err, len(res.Missing))
	}
	if r := res.Sources[0]; r.Name != source.Name() || r.Err == nil || r.Chunks == 0 || r.Chunks == len(chunks) {
		t.Errorf("the source that was cut: %+v", r)
	}
	if r := res.Sources[1]; r.Err != nil {
		t.Errorf("the other one: %v", r.Err)
	}
	got.wantOnly(t, chunks)
}

// late says what it has once the other source has been cut.
type late struct {
	transfer.Source
	cut chan struct{}
}

func (l *late) Have(ctx context.Context, ids []chunkstore.ID) ([]bool, error) {
	select {
	case <-l.cut:
		return l.Source.Have(ctx, ids)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func wants(chunks ...[]byte) []transfer.Want {
	list := make([]transfer.Want, len(chunks))
	for i, c := range chunks {
		list[i] = transfer.Want{ID: chunkstore.BlobID(c), Length: int64(len(c))}
	}
	return list
}

// A sink keeps what it gets, as a pack would.
type sink struct {
	mu    sync.Mutex
	raw   map[chunkstore.ID][]byte
	twice bool
}

func newSink() *sink { return &sink{raw: map[chunkstore.ID][]byte{}} }

func (s *sink) Append(o packfile.Object) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.twice = s.twice || s.raw[o.ID] != nil
	s.raw[o.ID] = o.Raw(nil)
	return nil
}

func (s *sink) Has(chunkstore.ID) (bool, error) { return false, nil }

// wantOnly fails unless the sink got these chunks, each once.
func (s *sink) wantOnly(t *testing.T, chunks [][]byte) {
	t.Helper()
	if len(s.raw) != len(chunks) || s.twice {
		t.Errorf("%d chunks were stored, not %d (one of them twice: %v)", len(s.raw), len(chunks), s.twice)
	}
	for _, want := range chunks {
		content, err := packfile.Decode(s.raw[chunkstore.BlobID(want)], nil)
		if err != nil || !bytes.Equal(content, want) {
			t.Fatalf("a chunk of %d bytes was stored with %d: %v", len(want), len(content), err)
		}
	}
}
