// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"context"
	"errors"
	"maps"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/chunkstore/storetest"
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
	all := storetest.NewMemory(slices.Collect(maps.Values(c.data))...)
	sink, err := NewStoreSink(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Fetch(t.Context(), c.want, []Source{FromStore("memory", all, 2)}, sink, Options{}); err != nil {
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
