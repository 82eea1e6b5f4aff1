// SPDX-License-Identifier: Apache-2.0

// Package sourcetest is the conformance suite for transfer.Source. Every
// implementation runs it in its own tests. It checks what the interfaces
// promise, and that transfer.Fetch gets right content from a source or none;
// it does not check speed.
package sourcetest

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/transfer"
)

// A Subject is a source under test, which has certain chunks and no others.
type Subject struct {
	transfer.Source
	// Cut ends what is under way, and from then on nothing comes from the
	// source any more. Nil skips what needs that.
	Cut func()
	// Dir is where the chunks lie, for the suite to damage one as a bad disk
	// does. "" skips what needs that.
	Dir string
}

// An opener makes a source of these chunks. It registers with t.Cleanup what
// is to be closed.
type opener func(t *testing.T, chunks ...[]byte) Subject

// Run runs the suite. Each test opens a source.
func Run(t *testing.T, open func(t *testing.T, chunks ...[]byte) Subject) {
	for _, tc := range []struct {
		name string
		run  func(*testing.T, opener)
	}{
		{"have", testHave},
		{"order of answers", testOrder},
		{"absent", testAbsent},
		{"two streams", testTwoStreams},
		{"lengths", testLengths},
		{"close", testClose},
		{"close beside Next", testCloseBesideNext},
		{"cancelled", testCancelled},
		{"corrupt", testCorrupt},
		{"cut", testCut},
		{"fetch", testFetch},
		{"fetch of corrupt", testFetchCorrupt},
		{"fetch, cut", testFetchCut},
	} {
		t.Run(tc.name, func(t *testing.T) { tc.run(t, open) })
	}
}

// contents returns n different chunks: random ones and text, such as have much
// in common, and very small ones.
func contents(n int) [][]byte {
	list := make([][]byte, n)
	for i := range list {
		switch i % 4 {
		case 0:
			list[i] = random(i, 50_000+i)
		case 1:
			list[i] = bytes.Repeat([]byte{byte(i), ' '}, 20_000+i)
		case 2:
			list[i] = append(random(0, 90_000), byte(i))
		case 3:
			list[i] = random(i, 1+i)
		}
	}
	return list
}

// random returns n incompressible bytes, the same for the same seed.
func random(seed, n int) []byte {
	data := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)}).Read(data)
	return data
}

func ids(chunks ...[]byte) []chunkstore.ID {
	list := make([]chunkstore.ID, len(chunks))
	for i, c := range chunks {
		list[i] = chunkstore.BlobID(c)
	}
	return list
}

// absent are chunks that no source has.
var absent = [][]byte{[]byte("absent"), []byte("absent, too")}

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

// testClose: before all answers are there; the chunks that are stay good.
func testClose(t *testing.T, open opener) {
	chunks := contents(12)
	source := open(t, chunks...)
	s, err := source.Open(t.Context())
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	ask(t, s, chunks...)
	first, second := next(t, s, chunks[0]), next(t, s, chunks[1])
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	again := stream(t, source)
	ask(t, again, chunks...)
	for _, want := range chunks {
		release(next(t, again, want))
	}
	check(t, first, chunks[0])
	check(t, second, chunks[1])
	release(first)
	release(second)
}

// testCloseBesideNext that waits for a question, or for an answer.
func testCloseBesideNext(t *testing.T, open opener) {
	chunks := contents(12)
	source := open(t, chunks...)
	if _, err := source.Have(t.Context(), ids(chunks...)); err != nil {
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	for _, asked := range [][][]byte{nil, chunks[:1], chunks} {
		s, err := source.Open(t.Context())
		if err != nil {
			t.Fatalf("Open: %v", err)
		}
		ask(t, s, asked...)
		failed, waits := make(chan error), make(chan struct{})
		go func() {
			close(waits)
			for {
				c, err := s.Next()
				if err != nil {
					failed <- err
					return
				}
				release(c)
			}
		}()
		<-waits
		time.Sleep(time.Millisecond) // it is about to wait
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if err := <-failed; absentOrCorrupt(err) {
			t.Errorf("Next of a closed stream: %v", err)
		}
		if _, err := s.Next(); err == nil || absentOrCorrupt(err) {
			t.Errorf("Next after Close: %v", err)
		}
		if s.Ask(ids(chunks...)...) == nil {
			t.Error("Ask after Close: no error")
		}
	}
	wantGoroutines(t, before)
}

// testCancelled: what was cancelled says so and does no harm, and a stream
// outlives the context it was opened with.
func testCancelled(t *testing.T, open opener) {
	chunks := contents(4)
	source := open(t, chunks...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 10 { // whoever selects may choose wrongly now and then
		if _, err := source.Have(ctx, ids(chunks...)); !errors.Is(err, context.Canceled) {
			t.Errorf("Have under a cancelled context: %v", err)
		}
		if s, err := source.Open(ctx); err == nil {
			_ = s.Close()
		} else if !errors.Is(err, context.Canceled) {
			t.Errorf("Open under a cancelled context: %v", err)
		}
		if have, err := source.Have(t.Context(), ids(chunks[0])); err != nil || !have[0] {
			t.Fatalf("Have after one that was cancelled: %v, %v", have, err)
		}
	}
	ctx, cancel = context.WithCancel(t.Context())
	var streams []transfer.Stream
	for range 2 { // the first may go on where the questions ended
		s, err := source.Open(ctx)
		if err != nil {
			t.Fatalf("Open: %v", err)
		}
		t.Cleanup(func() { _ = s.Close() })
		streams = append(streams, s)
	}
	cancel()
	for _, s := range streams {
		ask(t, s, chunks...)
		for _, want := range chunks {
			release(next(t, s, want))
		}
	}
}

// testCorrupt: the stream goes on after a damaged chunk.
func testCorrupt(t *testing.T, open opener) {
	chunks := contents(12)
	source := open(t, chunks...)
	source.damage(t, chunks[4])
	s := stream(t, source)
	ask(t, s, chunks...)
	for i, want := range chunks {
		if i == 4 {
			wantCorrupt(t, s, want)
		} else {
			release(next(t, s, want))
		}
	}
}

// testCut: whoever waits is told, and the source is not silently empty.
func testCut(t *testing.T, open opener) {
	chunks := contents(8)
	source := open(t, chunks...)
	if source.Cut == nil {
		t.Skip("the connection to this source cannot be cut by the test")
	}
	s := stream(t, source)
	ask(t, s, chunks[0])
	release(next(t, s, chunks[0]))
	source.Cut()
	err := s.Ask(ids(chunks[1:]...)...)
	for i := 1; err == nil && i < len(chunks); i++ {
		var got transfer.Chunk
		if got, err = s.Next(); err == nil {
			check(t, got, chunks[i])
			release(got)
		}
	}
	if err == nil || absentOrCorrupt(err) {
		t.Errorf("a stream that was cut: %v", err)
	}
	if have, err := source.Have(t.Context(), ids(chunks...)); err == nil && slices.Contains(have, false) {
		t.Error("Have of a source that was cut: not there")
	}
}

func stream(t *testing.T, source Subject) transfer.Stream {
	t.Helper()
	s, err := source.Open(t.Context())
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func ask(t *testing.T, s transfer.Stream, chunks ...[]byte) {
	t.Helper()
	if err := s.Ask(ids(chunks...)...); err != nil {
		t.Fatalf("Ask: %v", err)
	}
}

// next takes the next answer, which must be this chunk.
func next(t *testing.T, s transfer.Stream, want []byte) transfer.Chunk {
	t.Helper()
	c, err := s.Next()
	if err != nil {
		t.Fatalf("Next, for a chunk of %d bytes: %v", len(want), err)
	}
	check(t, c, want)
	return c
}

func check(t *testing.T, c transfer.Chunk, want []byte) {
	t.Helper()
	id := chunkstore.BlobID(want)
	if c.ID != id || !bytes.Equal(c.Content, want) {
		t.Fatalf("chunk %s has %d bytes, which are not the %d of %s", c.ID, len(c.Content), len(want), id)
	}
	if c.Object.ID.IsZero() {
		return
	}
	if n := c.Object.ContentSize(); c.Object.ID != id || n != int64(len(want)) {
		t.Fatalf("the entry of chunk %s of %d bytes is that of %s, %d bytes", id, len(want), c.Object.ID, n)
	}
}

func release(c transfer.Chunk) {
	if c.Release != nil {
		c.Release()
	}
}

func wantCorrupt(t *testing.T, s transfer.Stream, chunk []byte) {
	t.Helper()
	var corrupt *chunkstore.CorruptError
	if _, err := s.Next(); !errors.As(err, &corrupt) || corrupt.ID != chunkstore.BlobID(chunk) {
		t.Fatalf("Next, for a damaged chunk: %v; want a *CorruptError", err)
	}
}

// absentOrCorrupt says that err is about one chunk, and not about the stream.
func absentOrCorrupt(err error) bool {
	var missing *chunkstore.MissingError
	var corrupt *chunkstore.CorruptError
	return errors.As(err, &missing) || errors.As(err, &corrupt)
}

// wantGoroutines fails when there are more than n once they had time to end.
func wantGoroutines(t *testing.T, n int) {
	t.Helper()
	for range 500 {
		if runtime.NumGoroutine() <= n {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	buf := make([]byte, 1<<16)
	t.Errorf("goroutines are left:\n%s", buf[:runtime.Stack(buf, true)])
}
