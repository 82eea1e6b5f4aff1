// SPDX-License-Identifier: Apache-2.0

package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/chunkstore/passive"
	"github.com/git-devops/git-devops/chunkstore/storetest"
	"github.com/git-devops/git-devops/plumbing/packfile"
	"github.com/git-devops/git-devops/plumbing/transfer"
)

// A fault is what can be wrong with a store, and what the error of a source
// says that has its chunks from there, "" where it has none.
type fault struct {
	name  string
	store func(chunkstore.Store) *storetest.Faulty
	says  string
}

// faults returns all of them. What hangs does so until then.
func faults(until chan struct{}) []fault {
	return []fault{
		{"good", func(s chunkstore.Store) *storetest.Faulty { return &storetest.Faulty{Store: s} }, ""},
		{"slow", func(s chunkstore.Store) *storetest.Faulty { return storetest.Slow(s, 3*time.Second) }, ""},
		{"full", storetest.Full, ""},
		{"stalled", storetest.Stalling, transfer.ErrStalled.Error()},
		{"hung", func(s chunkstore.Store) *storetest.Faulty { return storetest.Hanging(s, until) }, transfer.ErrStalled.Error()},
		{"lying", storetest.Lying, "is corrupt"},
		{"truncated", storetest.Truncating, "is corrupt"},
		{"corrupt", storetest.Corrupt, "is corrupt"},
		{"reset", storetest.Resetting, storetest.ErrReset.Error()},
		{"vanished", storetest.Vanished, "unplugged"},
	}
}

// RunFaults runs the suite for sources that have their chunks from a store:
// whatever is wrong with that, from the start or later, costs a retry at
// another source and never the run. open makes such a source. It is called in
// a bubble of testing/synctest, and must leave the world outside alone.
func RunFaults(t *testing.T, open func(t *testing.T, name string, s chunkstore.Store) transfer.Source) {
	for i, f := range faults(nil) {
		for _, from := range []int{0, 5} {
			t.Run(fmt.Sprint(f.name, " from ", from), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					until := make(chan struct{})
					defer close(until)
					chunks := contents(50)
					s := faults(until)[i].store(storetest.NewMemory(chunks...))
					s.From = from
					testFault(t, chunks, open(t, "bad", s), f.says, from > 0 || f.says == "")
				})
			})
		}
	}
	t.Run("sink is full", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			chunks := contents(50)
			testFullSink(t, chunks, open(t, "good", storetest.NewMemory(chunks...)))
		})
	})
}

// testFault: bad is named and has given something, if gives, and the rest comes
// from a slow source.
func testFault(t *testing.T, chunks [][]byte, bad transfer.Source, says string, gives bool) {
	good := transfer.FromStore("good", storetest.Slow(storetest.NewMemory(chunks...), 2*time.Second), 1)
	got := newSink()
	res, err := transfer.Fetch(t.Context(), wants(chunks...), []transfer.Source{bad, good}, got, transfer.Options{Stall: 10 * time.Second})
	if err != nil || len(res.Missing) > 0 {
		t.Fatalf("Fetch: %v, %d missing", err, len(res.Missing))
	}
	got.wantOnly(t, chunks)
	r := res.Sources[0]
	if says == "" && r.Err != nil || says != "" && (r.Err == nil || !strings.Contains(r.Err.Error(), says)) {
		t.Errorf("the bad one: %v; want %q", r.Err, says)
	}
	if r.Name != "bad" || gives != (r.Chunks > 0) {
		t.Errorf("the bad one: %+v", r)
	}
	if err := res.Sources[1].Err; err != nil {
		t.Errorf("the good one: %v", err)
	}
}

// testFullSink: the run ends with its error, and the source is not blamed.
func testFullSink(t *testing.T, chunks [][]byte, source transfer.Source) {
	full := &storeSink{newSink(), storetest.Full(storetest.NewMemory())}
	res, err := transfer.Fetch(t.Context(), wants(chunks...), []transfer.Source{source}, full, transfer.Options{})
	if !errors.As(err, new(*passive.FullError)) || res.Chunks > 0 || res.Sources[0].Err != nil {
		t.Errorf("Fetch: %v, %+v", err, res)
	}
}

// A storeSink stores what arrives.
type storeSink struct {
	*sink
	store chunkstore.Putter
}

func (s *storeSink) Append(o packfile.Object) error {
	content, err := packfile.Decode(o.Raw(nil), nil)
	if err != nil {
		return err
	}
	return s.store.Put(context.Background(), o.ID, content)
}
