// SPDX-License-Identifier: Apache-2.0

package sourcetest

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// damage flips a bit of an incompressible chunk where it lies. What stores it
// may have cut it into the blocks of a zlib stream.
func (s Subject) damage(t *testing.T, chunk []byte) {
	t.Helper()
	if s.Dir == "" {
		t.Skip("what this source has cannot be damaged by the test")
	}
	part, places := chunk[len(chunk)/2:][:32], 0
	err := filepath.WalkDir(s.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		at := bytes.Index(data, part)
		if at < 0 {
			return nil
		}
		places++
		return flip(path, int64(at), data[at])
	})
	if err != nil || places == 0 {
		t.Fatalf("damage a chunk: %v, found in %d places", err, places)
	}
}

func flip(path string, at int64, old byte) error {
	if err := os.Chmod(path, 0o600); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteAt([]byte{old ^ 1}, at)
	return err
}
