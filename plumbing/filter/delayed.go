// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"bytes"
	"io"
)

const (
	// maxDelayed is the size, in bytes, up to which a blob is put aside, and
	// maxDelayedSum what all of these may take: others are served at once.
	maxDelayed    = 1 << 20
	maxDelayedSum = 32 << 20
)

// delayed is the blobs put aside: what git stores, not what is made of it.
type delayed struct {
	blobs map[string][]byte
	fresh []string // paths that were not listed yet
	sum   int      // bytes
}

// put reads in and keeps it. Where that is too much, ok is false and rest is
// all of in.
func (d *delayed) put(path string, in io.Reader) (ok bool, rest io.Reader, err error) {
	d.take(path)
	blob, err := io.ReadAll(io.LimitReader(in, maxDelayed+1))
	if err != nil {
		return false, nil, err
	}
	if len(blob) > maxDelayed || d.sum+len(blob) > maxDelayedSum {
		return false, io.MultiReader(bytes.NewReader(blob), in), nil
	}
	if d.blobs == nil {
		d.blobs = make(map[string][]byte)
	}
	d.blobs[path] = blob
	d.fresh = append(d.fresh, path)
	d.sum += len(blob)
	return true, nil, nil
}

// take returns what was kept for the path and forgets it.
func (d *delayed) take(path string) (blob []byte, ok bool) {
	blob, ok = d.blobs[path]
	delete(d.blobs, path)
	d.sum -= len(blob)
	return blob, ok
}

// list returns, once, the blobs put aside since the last call.
func (d *delayed) list() []Blob {
	blobs := make([]Blob, 0, len(d.fresh))
	listed := make(map[string]bool)
	for _, path := range d.fresh {
		if blob, ok := d.blobs[path]; ok && !listed[path] {
			blobs = append(blobs, Blob{path, blob})
			listed[path] = true
		}
	}
	d.fresh = nil
	return blobs
}
