// SPDX-License-Identifier: Apache-2.0

package packfile

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// place moves the durable files of p to their names: keep, pack, index, in
// this order. When that fails, it removes what it has put there.
func (w *Writer) place(p Pack, index *os.File, keep string) (err error) {
	base := strings.TrimSuffix(p.Path, ".pack")
	var placed []string
	defer func() {
		if err != nil {
			for _, path := range placed {
				os.Remove(path)
			}
		}
	}()
	if keep != "" {
		added, err := w.placeKeep(base+".keep", keep)
		if added {
			placed = append(placed, base+".keep")
		}
		if err != nil {
			return err
		}
	}
	if !sound(base + ".idx") {
		for _, f := range []struct{ from, to string }{{w.f.Name(), p.Path}, {index.Name(), base + ".idx"}} {
			_, err := os.Lstat(f.to)
			fresh := errors.Is(err, fs.ErrNotExist)
			if err := os.Rename(f.from, f.to); err != nil {
				return err
			}
			if fresh {
				placed = append([]string{f.to}, placed...)
			}
		}
	}
	return syncDir(filepath.Dir(p.Path))
}

// sound reports whether there is an index at path with a whole pack beside it.
func sound(path string) bool {
	r, err := Open(path)
	if err != nil {
		return false
	}
	defer r.Close()
	return r.Index.VerifyChecksum() == nil && r.VerifyPack(context.Background(), nil) == nil
}

// placeKeep puts a durable .keep file at path and reports whether it did: one
// that is there already stays as it is.
func (w *Writer) placeKeep(path, content string) (bool, error) {
	f, err := createSpool(w.dir)
	if err != nil {
		return false, err
	}
	defer drop(f)
	if _, err := f.WriteString(content); err != nil {
		return false, err
	}
	if err := f.Sync(); err != nil {
		return false, err
	}
	err = os.Link(f.Name(), path)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	return err == nil, err
}

// syncDir makes the names in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
