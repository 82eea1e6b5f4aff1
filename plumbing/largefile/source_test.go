// SPDX-License-Identifier: Apache-2.0

package largefile

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestErrChanged: whatever happens to a file while it is read is noticed.
func TestErrChanged(t *testing.T) {
	p := smallParams()
	data := randomBytes(newRand(1), 8*p.Max)
	tests := []struct {
		name   string
		change func(f *os.File) error
	}{
		{"grows", func(f *os.File) error { _, err := f.WriteAt([]byte("more"), int64(len(data))); return err }},
		{"grows by a hole", func(f *os.File) error { return f.Truncate(int64(2 * len(data))) }},
		{"shrinks by a byte", func(f *os.File) error { return f.Truncate(int64(len(data) - 1)) }},
		{"shrinks to nothing", func(f *os.File) error { return f.Truncate(0) }},
		{"is rewritten", func(f *os.File) error { _, err := f.WriteAt([]byte("other"), 100); return err }},
		{"is rewritten as it was", func(f *os.File) error { _, err := f.WriteAt(data[:100], 0); return err }},
		{"is rewritten and dated back", func(f *os.File) error {
			fi, err := f.Stat()
			_, werr := f.WriteAt([]byte("other"), 100)
			return errors.Join(err, werr, os.Chtimes(f.Name(), fi.ModTime(), fi.ModTime()))
		}},
	}
	for _, sparse := range []bool{false, true} {
		content := bytes.Clone(data)
		if sparse {
			clear(content[p.Max : 3*p.Max])
			clear(content[6*p.Max:])
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				f := sparseFile(t, newRand(0), content)
				past := time.Now().Add(-time.Hour)
				if err := os.Chtimes(f.Name(), past, past); err != nil {
					t.Fatal(err)
				}
				src, err := NewFile(f, p.Min)
				if err != nil {
					t.Fatal(err)
				}
				w, err := os.OpenFile(f.Name(), os.O_RDWR, 0)
				if err != nil {
					t.Fatal(err)
				}
				defer w.Close()
				changing := &changing{File: src, then: func() {
					if err := tt.change(w); err != nil {
						t.Error(err)
					}
				}}
				_, err = Capture(t.Context(), changing, nowhere{}, CaptureOptions{Params: p, SizeHint: src.Size()})
				if !errors.Is(err, ErrChanged) {
					t.Errorf("sparse %v: %v", sparse, err)
				}
			})
		}
	}
}

// changing does something after the first bytes were read.
type changing struct {
	*File
	then func()
}

func (c *changing) Next(p []byte) (int, int64, error) {
	if c.then == nil {
		return c.File.Next(p)
	}
	n, hole, err := c.File.Next(p[:min(len(p), 1000)])
	c.then()
	c.then = nil
	return n, hole, err
}

// TestFileGivesHoles: a hole that is worth one is not read, and what it gives
// is the content.
func TestFileGivesHoles(t *testing.T) {
	p := smallParams()
	for seed := range uint64(10) {
		r := newRand(seed)
		data := content(r, p, 8)
		src, err := NewFile(sparseFile(t, r, data), p.Min)
		if err != nil {
			t.Fatal(err)
		}
		var got []byte
		for {
			buf := make([]byte, 1+r.IntN(100_000))
			n, hole, err := src.Next(buf)
			got = append(append(got, buf[:n]...), make([]byte, hole)...)
			if n > 0 && hole > 0 || hole > 0 && hole < int64(p.Min) {
				t.Errorf("seed %d: %d bytes and a hole of %d", seed, n, hole)
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(got, data) {
			t.Errorf("seed %d: %d bytes that are not the %d in the file", seed, len(got), len(data))
		}
	}
}

// TestHugeHole takes no longer than hashing them would: one that did
// read them would time out.
func TestHugeHole(t *testing.T) {
	p := smallParams()
	f := newFile(t)
	head, tail := randomBytes(newRand(1), p.Max), []byte("tail")
	size := int64(1 << 30)
	if _, err := f.Write(head); err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(tail, size-int64(len(tail))); err != nil {
		t.Fatal(err)
	}
	src, err := NewFile(f, p.Min)
	if err != nil {
		t.Fatal(err)
	}
	var read int64
	m, err := Capture(t.Context(), counted{src, &read}, nowhere{}, CaptureOptions{Params: p, SizeHint: size})
	if err != nil {
		t.Fatal(err)
	}
	if most := int64(len(head) + 3*blockAlign); m.Size != size || read > most {
		t.Errorf("%d bytes long, %d of them read, at most %d expected", m.Size, read, most)
	}
}

type counted struct {
	Source
	n *int64
}

func (c counted) Next(p []byte) (int, int64, error) {
	n, hole, err := c.Source.Next(p)
	*c.n += int64(n)
	return n, hole, err
}

func TestChanges(t *testing.T) {
	p := smallParams()
	a, b, c, d := randomBytes(newRand(1), p.Max), text(newRand(2), p.Max), randomBytes(newRand(3), p.Max), randomBytes(newRand(4), p.Max)
	hole := make([]byte, p.Min)
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, hole) } // so that each part is cut alone
	n, h := int64(p.Max), int64(p.Min)
	tests := []struct {
		name          string
		before, after []byte
		want          []Change
	}{
		{"nothing", nil, nil, nil},
		{"the same", join(a, b), join(a, b), nil},
		{"new", nil, a, []Change{{NewLength: n}}},
		{"emptied", a, nil, []Change{{OldLength: n}}},
		{"all of it", a, b, []Change{{OldLength: n, NewLength: n}}},
		{"the middle", join(a, b, c), join(a, d, c), []Change{{n + h, n, n + h, n}}},
		{"the end", join(a, b), join(a, c), []Change{{n + h, n, n + h, n}}},
		{"inserted", join(a, c), join(a, b, c), []Change{{n + h, 0, n + h, n + h}}},
		{"removed", join(a, b, c), join(a, c), []Change{{n + h, n + h, n + h, 0}}},
		{"two places", join(a, b, c), join(d, b, d), []Change{{0, n, 0, n}, {2*n + 2*h, n, 2*n + 2*h, n}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Changes(reference(p, tt.before), reference(p, tt.after))); diff != "" {
				t.Error(diff)
			}
		})
	}
	if diff := cmp.Diff([]Change{{NewLength: n}}, Changes(nil, reference(p, a))); diff != "" {
		t.Errorf("no file before: %s", diff)
	}
}

// TestChangesAddUp: outside of the changes both versions have the same bytes,
// in the same order.
func TestChangesAddUp(t *testing.T) {
	for seed := range uint64(12) {
		r, p := newRand(seed), smallParams()
		before := content(r, p, 8)
		after := edited(r, p, before)
		at, rebuilt := int64(0), []byte(nil)
		var newAt int64
		for _, c := range append(Changes(reference(p, before), reference(p, after)), Change{OldOffset: int64(len(before)), NewOffset: int64(len(after))}) {
			if c.OldOffset < at || c.NewOffset < newAt {
				t.Fatalf("seed %d: %+v overlaps what precedes it", seed, c)
			}
			rebuilt = append(rebuilt, before[at:c.OldOffset]...)
			rebuilt = append(rebuilt, after[c.NewOffset:c.NewOffset+c.NewLength]...)
			at, newAt = c.OldOffset+c.OldLength, c.NewOffset+c.NewLength
		}
		if !bytes.Equal(rebuilt, after) {
			t.Errorf("seed %d: the changes do not make the one of the other", seed)
		}
	}
}
