// SPDX-License-Identifier: Apache-2.0

package rootfs

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sync/errgroup"
)

// BenchmarkPopulate puts 100,000 small files into an empty root, durably: to be
// compared with rsync -a and sync. Run it with -benchtime=1x.
func BenchmarkPopulate(b *testing.B) {
	const dirs, files = 1000, 100
	small := bytes.Repeat([]byte("0123456789abcdef"), 64)
	for b.Loop() {
		r, err := Open(b.TempDir(), Options{})
		if err != nil {
			b.Fatal(err)
		}
		batch, err := r.Begin("bench")
		if err != nil {
			b.Fatal(err)
		}
		each := func(fn func(path string) error) {
			var g errgroup.Group
			g.SetLimit(4)
			for i := range dirs {
				g.Go(func() error {
					for j := range files {
						if err := fn(fmt.Sprintf("d%03d/f%02d", i, j)); err != nil {
							return err
						}
					}
					return nil
				})
			}
			if err := g.Wait(); err != nil {
				b.Fatal(err)
			}
		}
		for i := range dirs {
			if _, err := batch.Mkdir(fmt.Sprintf("d%03d", i), directory(), nil); err != nil {
				b.Fatal(err)
			}
		}
		each(func(path string) error {
			w := file("")
			w.Fill = func(f *os.File) error {
				_, err := f.Write(small)
				return err
			}
			return batch.Stage(path, w)
		})
		if err := batch.Sync(); err != nil {
			b.Fatal(err)
		}
		each(func(path string) error {
			_, err := batch.Rename(path, nil)
			return err
		})
		if err := batch.Finish(); err != nil {
			b.Fatal(err)
		}
		batch.Close()
		r.Close()
	}
}
