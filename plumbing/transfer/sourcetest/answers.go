// SPDX-License-Identifier: Apache-2.0

package sourcetest

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/transfer"
)

func testHave(t *testing.T, open opener) {
	chunks := contents(5)
	s := open(t, chunks...)
	if s.Name() == "" || s.Streams() < 1 {
		t.Errorf("name %q, %d streams", s.Name(), s.Streams())
	}
	asked := ids(absent[0], chunks[4], absent[1], chunks[0], chunks[4])
	for range 2 {
		have, err := s.Have(t.Context(), asked)
		if want := []bool{false, true, false, true, true}; err != nil || !slices.Equal(have, want) {
			t.Errorf("Have: %v, %v; want %v", have, err, want)
		}
	}
	if have, err := s.Have(t.Context(), nil); err != nil || len(have) != 0 {
		t.Errorf("Have of nothing: %v, %v", have, err)
	}
	many := make([]chunkstore.ID, 1<<16)
	for i := range many {
		many[i] = chunkstore.ID{1, byte(i), byte(i >> 8)}
	}
	copy(many[len(many)-5:], ids(chunks...))
	have, err := s.Have(t.Context(), many)
	if err != nil || len(have) != len(many) || slices.Index(have, true) != len(many)-5 || slices.Contains(have[len(many)-5:], false) {
		t.Errorf("Have of %d: %d answers, %v", len(many), len(have), err)
	}
}

// testOrder: also of what is asked twice; and no chunk's buffers serve another
// one before they are released.
func testOrder(t *testing.T, open opener) {
	chunks := contents(12)
	s := stream(t, open(t, chunks...))
	order := slices.Concat(chunks[6:], chunks[5:7], chunks[:6])
	failed := make(chan error, 1)
	go func() {
		all := ids(order...)
		failed <- errors.Join(s.Ask(all[:1]...), s.Ask(), s.Ask(all[1:9]...), s.Ask(all[9:]...))
	}()
	var got []transfer.Chunk
	for _, want := range order {
		got = append(got, next(t, s, want))
	}
	for i, c := range got {
		check(t, c, order[i])
		release(c)
	}
	if err := <-failed; err != nil {
		t.Errorf("Ask: %v", err)
	}
}

func testAbsent(t *testing.T, open opener) {
	chunks := contents(3)
	s := stream(t, open(t, chunks...))
	ask(t, s, absent[0], chunks[0], absent[1], absent[1], chunks[1])
	for _, want := range [][]byte{nil, chunks[0], nil, nil, chunks[1]} {
		if want != nil {
			release(next(t, s, want))
			continue
		}
		var missing *chunkstore.MissingError
		if c, err := s.Next(); !errors.As(err, &missing) || !slices.Contains(ids(absent...), missing.ID) || c.Release != nil {
			t.Fatalf("an absent chunk: %v", err)
		}
	}
	ask(t, s, chunks[2])
	release(next(t, s, chunks[2]))
}

// testTwoStreams beside which questions are answered.
func testTwoStreams(t *testing.T, open opener) {
	chunks := contents(8)
	source := open(t, chunks...)
	one, two := stream(t, source), stream(t, source)
	back := slices.Clone(chunks)
	slices.Reverse(back)
	ask(t, one, chunks...)
	ask(t, two, back...)
	for i := range chunks {
		release(next(t, one, chunks[i]))
		have, err := source.Have(t.Context(), ids(chunks[i], absent[0]))
		if err != nil || !have[0] || have[1] {
			t.Errorf("Have beside streams: %v, %v", have, err)
		}
		release(next(t, two, back[i]))
	}
}

// testLengths: what Received and Limit promise, where a stream has them.
func testLengths(t *testing.T, open opener) {
	chunks := [][]byte{random(1, 200_000), bytes.Repeat([]byte("text "), 100_000), random(2, 1), random(3, 300_000)}
	s := stream(t, open(t, chunks...))
	received := func() int64 { return 500_000 }
	if counts, ok := s.(interface{ Received() int64 }); ok {
		received = counts.Received
	}
	before := received()
	ask(t, s, chunks...)
	for _, want := range chunks {
		release(next(t, s, want))
		n := received()
		if n < before {
			t.Errorf("received %d bytes, and %d before", n, before)
		}
		before = n
	}
	if before < 500_000 {
		t.Errorf("received %d bytes, of which 500,001 cannot be compressed", before)
	}
	if limited, ok := s.(interface{ Limit(n int64) }); ok {
		ask(t, s, chunks[0], chunks[1], chunks[1], chunks[3])
		limited.Limit(int64(len(chunks[0])))
		release(next(t, s, chunks[0]))
		limited.Limit(int64(len(chunks[1]) - 1))
		wantCorrupt(t, s, chunks[1])
		limited.Limit(0)
		release(next(t, s, chunks[1]))
		limited.Limit(int64(len(chunks[3])))
		release(next(t, s, chunks[3]))
	}
}
