// SPDX-License-Identifier: Apache-2.0

package sourcetest

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/git-devops/git-devops/plumbing/transfer"
)

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
