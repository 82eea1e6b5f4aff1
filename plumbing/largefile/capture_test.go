// SPDX-License-Identifier: Apache-2.0

package largefile

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
)

func mustCapture(t *testing.T, src Source, o CaptureOptions) *chunkstore.Manifest {
	t.Helper()
	m, err := Capture(t.Context(), src, &memory{}, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func captureFile(t *testing.T, f *os.File, o CaptureOptions) *chunkstore.Manifest {
	t.Helper()
	src, err := NewFile(f, o.Params.Min)
	if err != nil {
		t.Fatal(err)
	}
	o.SizeHint = src.Size()
	return mustCapture(t, src, o)
}

// FuzzCapture: however content is read, and whatever was there before, the
// manifest is that of the reference. All is made from the seed.
func FuzzCapture(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := newRand(seed)
		p := smallParams()
		data := content(r, p, 1+r.IntN(10))
		want := reference(p, data)
		file := sparseFile(t, r, data)
		for name, previous := range previousVersions(r, p, data) {
			o := CaptureOptions{Params: p, Previous: previous}
			if diff := cmp.Diff(want, captureFile(t, file, o)); diff != "" {
				t.Errorf("file, previous version %s: %s", name, diff)
			}
			if diff := cmp.Diff(want, mustCapture(t, Stream(&pipe{r, data}), o)); diff != "" {
				t.Errorf("pipe, previous version %s: %s", name, diff)
			}
		}
		if again, err := chunkstore.ParseManifest(want.Encode()); err != nil || !bytes.Equal(again.Encode(), want.Encode()) {
			t.Errorf("its text is no manifest: %v", err)
		}
	})
}

func previousVersions(r *rand.Rand, p chunkstore.Params, data []byte) map[string]*chunkstore.Manifest {
	return map[string]*chunkstore.Manifest{
		"none":             nil,
		"the same":         reference(p, data),
		"edited":           reference(p, edited(r, p, data)),
		"edited otherwise": reference(p, edited(r, p, data)),
		"reversed halves":  reference(p, append(bytes.Clone(data[len(data)/2:]), data[:len(data)/2]...)),
		"unrelated":        reference(p, content(r, p, 5)),
		"other parameters": reference(otherParams(), data),
		"empty":            reference(p, nil),
	}
}

// TestCaptureOfSizes tries lengths at which something begins or ends.
func TestCaptureOfSizes(t *testing.T) {
	p := smallParams()
	block := blockSize(p, 0)
	for _, size := range []int{0, 1, 63, p.Min - 1, p.Min, p.Min + 1, p.Max, p.Max + 1, block - 1, block, block + 1, 2 * block} {
		for name, data := range map[string][]byte{
			"random": randomBytes(newRand(1), size),
			"zeroes": make([]byte, size),
			"ones":   bytes.Repeat([]byte{1}, size),
		} {
			want := reference(p, data)
			o := CaptureOptions{Params: p}
			if diff := cmp.Diff(want, captureFile(t, sparseFile(t, newRand(2), data), o)); diff != "" {
				t.Errorf("%d bytes, %s, file: %s", size, name, diff)
			}
			if diff := cmp.Diff(want, mustCapture(t, Stream(&pipe{newRand(3), data}), o)); diff != "" {
				t.Errorf("%d bytes, %s, pipe: %s", size, name, diff)
			}
		}
	}
}

// TestCaptureHandsOverEachChunk: those the sink has not, in order, encoded so
// that a pack of them gives them back.
func TestCaptureHandsOverEachChunk(t *testing.T) {
	r, p := newRand(5), smallParams()
	data := content(r, p, 12)
	want := reference(p, data)
	var ids []chunkstore.ID
	has := map[chunkstore.ID]bool{}
	for i, piece := range want.Pieces {
		if i%3 == 0 {
			has[piece.ID] = true
		}
		if !piece.Hole && !has[piece.ID] && !slices.Contains(ids, piece.ID) {
			ids = append(ids, piece.ID)
		}
	}
	ids = slices.DeleteFunc(ids, func(id chunkstore.ID) bool { return has[id] })
	sink := &packSink{memory: memory{has: has}, dir: t.TempDir()}
	if err := sink.begin(); err != nil {
		t.Fatal(err)
	}
	var progress atomic.Int64
	o := CaptureOptions{Params: p, Progress: func(n int64) { progress.Add(n) }}
	if _, err := Capture(t.Context(), Stream(bytes.NewReader(data)), sink, o); err != nil {
		t.Fatal(err)
	}
	if progress.Load() != want.Size {
		t.Errorf("progress of %d bytes, of %d", progress.Load(), want.Size)
	}
	if diff := cmp.Diff(ids, distinct(sink.appended)); diff != "" {
		t.Errorf("chunks handed over: %s", diff)
	}
	sink.check(t, memoryOf(want, data))
}

func distinct(ids []chunkstore.ID) []chunkstore.ID {
	var some []chunkstore.ID
	for _, id := range ids {
		if !slices.Contains(some, id) {
			some = append(some, id)
		}
	}
	return some
}

// A packSink writes a pack.
type packSink struct {
	memory
	dir string
	w   *packfile.Writer
}

func (s *packSink) begin() (err error) {
	s.w, err = packfile.Create(s.dir, 1)
	return err
}

func (s *packSink) Append(o packfile.Object) error {
	return errors.Join(s.memory.Append(o), s.w.Append(o))
}

func (s *packSink) check(t *testing.T, want *memory) {
	t.Helper()
	pack, err := s.w.Finish(s.dir, "")
	if err != nil {
		t.Fatal(err)
	}
	p, err := packfile.Open(pack.Path[:len(pack.Path)-len("pack")] + "idx")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for i := range p.Index.Len() {
		id, _, _ := p.Index.At(i)
		if got, err := p.ReadBlob(i, nil); err != nil || !bytes.Equal(got, want.chunks[id]) {
			t.Errorf("chunk %s: %d bytes, %v", id, len(got), err)
		}
	}
}

type brokenSink struct{ hasErr, appendErr error }

func (s brokenSink) Has(chunkstore.ID) (bool, error) { return false, s.hasErr }

func (s brokenSink) Append(packfile.Object) error { return s.appendErr }

// endless never ends by itself.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	rand.NewChaCha8([32]byte{byte(len(p))}).Read(p)
	return len(p), nil
}

func TestCaptureErrors(t *testing.T) {
	bad := errors.New("bad")
	o := CaptureOptions{Params: smallParams()}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	wrong := o
	wrong.Params.Min = 1
	tests := []struct {
		name string
		ctx  context.Context
		r    io.Reader
		sink Sink
		o    CaptureOptions
		want error
	}{
		{"Has", t.Context(), endless{}, brokenSink{hasErr: bad}, o, bad},
		{"Append", t.Context(), endless{}, brokenSink{appendErr: bad}, o, bad},
		{"source", t.Context(), io.MultiReader(bytes.NewReader(make([]byte, 1<<20)), failing{bad}), nowhere{}, o, bad},
		{"cancelled", cancelled, endless{}, nowhere{}, o, context.Canceled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if m, err := Capture(tt.ctx, Stream(tt.r), tt.sink, tt.o); m != nil || !errors.Is(err, tt.want) {
				t.Errorf("%v, %v; want %v", m, err, tt.want)
			}
		})
	}
	if _, err := Capture(t.Context(), Stream(endless{}), nowhere{}, wrong); err == nil {
		t.Error("wrong parameters: no error")
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestSizeHintMayBeWrong: it is a hint.
func TestSizeHintMayBeWrong(t *testing.T) {
	p := smallParams()
	data := randomBytes(newRand(1), 5*p.Max)
	for _, hint := range []int64{0, 1, 100, int64(p.Max), int64(len(data)) - 1, 1 << 40} {
		o := CaptureOptions{Params: p, SizeHint: hint}
		if diff := cmp.Diff(reference(p, data), mustCapture(t, Stream(bytes.NewReader(data)), o)); diff != "" {
			t.Errorf("hint %d: %s", hint, diff)
		}
	}
}

func TestDescribe(t *testing.T) {
	r, p := newRand(9), smallParams()
	data := content(r, p, 6)
	want := reference(p, data)
	got, err := Describe(t.Context(), sparseFile(t, r, data), p, nil)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("content: %v, %s", err, diff)
	}
	got, err = Describe(t.Context(), sparseFile(t, r, want.Encode()), p, nil)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("manifest: %v, %s", err, diff)
	}
	almost := want.Encode()[:100]
	got, err = Describe(t.Context(), sparseFile(t, r, almost), p, nil)
	if diff := cmp.Diff(reference(p, almost), got); diff != "" || err != nil {
		t.Errorf("what begins like a manifest: %v, %s", err, diff)
	}
}
