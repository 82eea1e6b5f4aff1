// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"context"
	"errors"
	"os/exec"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/repo"
)

func newStore(t *testing.T) *gitstore.Store {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("git", "init", "-q", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return openStore(t, dir)
}

func openStore(t *testing.T, dir string) *gitstore.Store {
	t.Helper()
	r, err := repo.Open(repo.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	s, err := gitstore.Open(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(); r.Close() })
	return s
}

func fill(t *testing.T, s *gitstore.Store, c content) {
	t.Helper()
	all := newMapStore(c.data)
	sink, err := NewStoreSink(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Fetch(t.Context(), c.want, []Source{FromStore("map", all, 2)}, sink, Options{}); err != nil {
		t.Fatal(err)
	}
	if err := sink.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	sink.Abandon()
}

// From one repository into another: everything is held, in durable packs, and
// what was committed before an abandoned run need not be got again.
func TestStoreToStore(t *testing.T) {
	c := randomContent(20, 40, 1<<10, 200<<10)
	from, to := newStore(t), newStore(t)
	fill(t, from, c)
	source := []Source{FromStore("from", from, 2)}

	sink, err := NewStoreSink(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	o := Options{Checkpoint: sink.Checkpoint, CommitEvery: 500 << 10, Memory: 100 << 10}
	var got int64
	o.Progress = func(_ string, n int64) {
		if got += n; got > 2<<20 {
			cancel()
		}
	}
	if _, err := Fetch(ctx, c.want, source, sink, o); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	sink.Abandon()

	sink, err = NewStoreSink(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	o = Options{Checkpoint: sink.Checkpoint, CommitEvery: 500 << 10}
	res, err := Fetch(t.Context(), c.want, source, sink, o)
	if err != nil || res.Present == 0 || res.Present+res.Chunks != len(c.want) {
		t.Fatalf("%v, %d were there, %d got", err, res.Present, res.Chunks)
	}
	if err := sink.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	held := 0
	if err := to.EachHeld(func(chunkstore.ID) error { held++; return nil }); err != nil || held != len(c.want) {
		t.Errorf("%v, %d held", err, held)
	}
	if err := to.Check(t.Context(), gitstore.CheckOptions{}, func(d gitstore.Damage) { t.Error(d) }); err != nil {
		t.Error(err)
	}
}

// A sink that was given nothing leaves nothing.
func TestEmptySink(t *testing.T) {
	s := newStore(t)
	sink, err := NewStoreSink(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(sink.Checkpoint(t.Context()), sink.Finish(t.Context())); err != nil {
		t.Error(err)
	}
	if _, packs, err := s.DiskUsage(); packs != 0 || err != nil {
		t.Errorf("%d packs, %v", packs, err)
	}
}

// A mapStore is a store in memory whose calls may hang for good.
type mapStore struct {
	data map[chunkstore.ID][]byte
	get  func(id chunkstore.ID) error
	has  func(id chunkstore.ID) error
}

func newMapStore(data map[chunkstore.ID][]byte) *mapStore { return &mapStore{data: data} }

func (s *mapStore) Has(_ context.Context, id chunkstore.ID) (bool, error) {
	if s.has != nil {
		return s.data[id] != nil, s.has(id)
	}
	return s.data[id] != nil, nil
}

func (s *mapStore) Get(_ context.Context, id chunkstore.ID) ([]byte, error) {
	if s.get != nil {
		if err := s.get(id); err != nil {
			return nil, err
		}
	}
	if s.data[id] == nil {
		return nil, &chunkstore.MissingError{ID: id}
	}
	return s.data[id], nil
}

func (s *mapStore) Put(context.Context, chunkstore.ID, []byte) error {
	return errors.New("read only")
}

// What a store cannot give, or never answers, comes from the other one.
func TestFaultyStore(t *testing.T) {
	gone := errors.New("input/output error")
	hang := make(chan struct{})
	for name, c := range map[string]struct {
		get, has func(chunkstore.ID) error
		named    error
		chunks   bool // it gives some
	}{
		"good":         {chunks: true},
		"unplugged":    {get: after(10, gone), named: gone, chunks: true},
		"not there":    {has: after(0, gone), named: gone},
		"hangs":        {get: func(chunkstore.ID) error { <-hang; return gone }, named: ErrStalled},
		"hangs at has": {has: func(chunkstore.ID) error { <-hang; return gone }, named: ErrStalled},
		"corrupt": {
			get:    func(id chunkstore.ID) error { return corruptIf(id[0] < 100, id) },
			chunks: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hang = make(chan struct{})
				defer close(hang)
				data := randomContent(21, 50, 10<<10, 100<<10)
				bad := newMapStore(data.data)
				bad.get, bad.has = c.get, c.has
				good := &fake{name: "good", data: data.data, links: []*link{{rate: 20e3}}}
				s := newSink()
				sources := []Source{FromStore("bad", bad, 2), good}
				res, err := Fetch(context.Background(), data.want, sources, s, Options{Stall: 10 * time.Second})
				if err != nil || len(res.Missing) > 0 {
					t.Fatalf("%v, %d missing", err, len(res.Missing))
				}
				whole(t, s, data.want)
				tidy(t, good)
				var corrupt *chunkstore.CorruptError
				got := res.Sources[0]
				named := errors.Is(got.Err, c.named) || c.named == nil && errors.As(got.Err, &corrupt)
				if !named || (got.Chunks > 0) != c.chunks {
					t.Errorf("%+v", got)
				}
			})
		})
	}
}

func after(n int, err error) func(chunkstore.ID) error {
	var mu sync.Mutex
	return func(chunkstore.ID) error {
		mu.Lock()
		defer mu.Unlock()
		if n--; n < 0 {
			return err
		}
		return nil
	}
}

func corruptIf(is bool, id chunkstore.ID) error {
	if is {
		return &chunkstore.CorruptError{ID: id, Where: "disk"}
	}
	return nil
}

// A plan moves nothing, shares out the work, and says what is nowhere.
func TestPlan(t *testing.T) {
	c := randomContent(22, 60, 1<<10, 2<<10)
	a := &fake{name: "a", data: c.data, has: func(id chunkstore.ID) bool { return id[0] > 20 }}
	b := &fake{name: "b", data: c.data, has: func(id chunkstore.ID) bool { return id[0] > 128 }}
	off := &fake{name: "off", fault: always(noHave, 0)}
	res, err := PlanFetch(t.Context(), c.want, asSources(a, b, off), newSink(), Options{Stall: time.Millisecond})
	if err != nil || a.open.Load() != 0 || a.asked.Load() != 0 {
		t.Fatal(err)
	}
	nowhere := 0
	for _, w := range c.want {
		if w.ID[0] <= 20 {
			nowhere++
		}
	}
	if len(res.Missing) != nowhere || res.Chunks != 60-nowhere {
		t.Errorf("%d missing, %d chunks", len(res.Missing), res.Chunks)
	}
	given := res.Sources[0].Chunks + res.Sources[1].Chunks
	if given != res.Chunks || res.Sources[1].Chunks < 20 {
		t.Errorf("%+v", res.Sources)
	}
	if !errors.Is(res.Sources[2].Err, ErrStalled) {
		t.Error(res.Sources[2].Err)
	}
}
