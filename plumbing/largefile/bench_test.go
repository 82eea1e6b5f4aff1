// SPDX-License-Identifier: Apache-2.0

package largefile

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/git-devops/git-devops/chunkstore"
)

const benchSize = 64 << 20

// wanting takes every chunk and keeps none.
type wanting struct{ nowhere }

func (wanting) Has(chunkstore.ID) (bool, error) { return false, nil }

func benchFile(b *testing.B) ([]byte, *os.File) {
	b.Helper()
	data := randomBytes(newRand(1), benchSize)
	f := newFile(b)
	if _, err := f.Write(data); err != nil {
		b.Fatal(err)
	}
	return data, f
}

func BenchmarkCapture(b *testing.B) {
	data, f := benchFile(b)
	p := chunkstore.DefaultParams()
	same := reference(p, data)
	changed := append([]byte("edit"), data...)
	for _, bm := range []struct {
		name     string
		previous *chunkstore.Manifest
		sink     Sink
	}{
		{"new", nil, wanting{}},
		{"known", nil, nowhere{}},
		{"unchanged", same, nowhere{}},
		{"edited", reference(p, changed), nowhere{}},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.SetBytes(benchSize)
			b.ReportAllocs()
			for b.Loop() {
				src, err := NewFile(f, p.Min)
				if err != nil {
					b.Fatal(err)
				}
				o := CaptureOptions{Params: p, Previous: bm.previous, SizeHint: src.Size()}
				if _, err := Capture(context.Background(), src, bm.sink, o); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkMaterialise(b *testing.B) {
	data, f := benchFile(b)
	m := reference(chunkstore.DefaultParams(), data)
	for _, seed := range []*Seed{nil, NewSeed(f, m)} {
		b.Run(fmt.Sprintf("seed=%v", seed != nil), func(b *testing.B) {
			b.SetBytes(benchSize)
			b.ReportAllocs()
			dst := newFile(b)
			for b.Loop() {
				if err := dst.Truncate(0); err != nil {
					b.Fatal(err)
				}
				o := MaterialiseOptions{Chunks: memoryOf(m, data), Seed: seed}
				if err := Materialise(context.Background(), m, dst, o); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
