// SPDX-License-Identifier: Apache-2.0

package packfile

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/git-devops/git-devops/plumbing/spool"
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
		if err := w.placeKeep(base+".keep", keep); err != nil {
			return err
		}
		placed = append(placed, base+".keep")
	}
	for _, f := range []struct{ from, to string }{{w.f.Name(), p.Path}, {index.Name(), base + ".idx"}} {
		if err := os.Rename(f.from, f.to); err != nil {
			return err
		}
		placed = append([]string{f.to}, placed...)
	}
	return syncDir(filepath.Dir(p.Path))
}

// placeKeep puts a durable .keep file at path.
func (w *Writer) placeKeep(path, content string) error {
	f, err := spool.Create(w.dir, 0o444)
	if err != nil {
		return err
	}
	defer spool.Drop(f)
	if _, err := f.WriteString(content); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// newName makes up a name for a pack.
func newName() string {
	var name [trailerLen]byte
	rand.Read(name[:])
	return hex.EncodeToString(name[:])
}

// syncDir makes the names in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
