// SPDX-License-Identifier: Apache-2.0

package packfile

// Path returns the path of the .pack file.
func (r *Reader) Path() string { return r.f.Name() }

// RawSize returns how many bytes the entry at index position i takes up in the
// pack, 0 when its place makes no sense.
func (r *Reader) RawSize(i int) int64 {
	_, size, err := r.extent(i)
	if err != nil {
		return 0
	}
	return size
}
