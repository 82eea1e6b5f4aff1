// SPDX-License-Identifier: Apache-2.0

package live

import (
	"bufio"
	"encoding/binary"
	"hash/crc32"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/spool"
)

// blockEntries is how many entries a block has at most.
const blockEntries = 512

// A cacheWriter writes a cache in place of another. It is not fsynced: what a
// power cut leaves of it its checksums tell.
type cacheWriter struct {
	path   string
	file   *os.File
	out    *bufio.Writer
	blocks []blockRef
	users  map[uint32]string
	groups map[uint32]string
	names  Names

	block  []byte // the one to come
	count  int
	before string
}

// createCache begins a cache that will be at path.
func createCache(path string, names Names) (*cacheWriter, error) {
	dir := filepath.Join(filepath.Dir(path), "spool")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	_ = spool.Sweep(dir) // the next one does it otherwise
	f, err := spool.Create(dir, 0o600)
	if err != nil {
		return nil, err
	}
	w := &cacheWriter{path: path, file: f, out: bufio.NewWriterSize(f, 256<<10), names: names,
		users: map[uint32]string{}, groups: map[uint32]string{}}
	_, err = w.out.WriteString(cacheMagic)
	if err != nil {
		w.drop()
		return nil, err
	}
	return w, nil
}

// drop ends a cache that is not to be. After commit it does nothing.
func (w *cacheWriter) drop() { spool.Drop(w.file) }

// add appends an entry. They come sorted by path.
func (w *cacheWriter) add(e *entry) error {
	if !e.flags.has(flagAbsent) {
		w.name(e.id.UID, e.id.GID)
	}
	w.block = e.appendTo(w.block, w.before)
	w.before = e.path
	w.count++
	if w.count == blockEntries {
		return w.flush()
	}
	return nil
}

func (w *cacheWriter) name(uid, gid uint32) {
	if _, ok := w.users[uid]; !ok {
		w.users[uid] = w.names.Owner(uid)
	}
	if _, ok := w.groups[gid]; !ok {
		w.groups[gid] = w.names.Group(gid)
	}
}

// flush ends a block.
func (w *cacheWriter) flush() error {
	if w.count == 0 {
		return nil
	}
	err := w.writeBlock(w.block)
	w.block, w.count, w.before = w.block[:0], 0, ""
	return err
}

func (w *cacheWriter) writeBlock(b []byte) error {
	w.blocks = append(w.blocks, blockRef{length: len(b), crc: crc32.Checksum(b, castagnoli)})
	_, err := w.out.Write(b)
	return err
}

// copyBlocks appends the first n blocks of another cache as they are.
func (w *cacheWriter) copyBlocks(c *cacheFile, n int) error {
	if err := w.flush(); err != nil || n == 0 {
		return err
	}
	maps.Copy(w.users, c.users)
	maps.Copy(w.groups, c.groups)
	begin, last := c.blocks[0].offset, c.blocks[n-1]
	length := last.offset + int64(last.length) - begin
	w.blocks = append(w.blocks, c.blocks[:n]...)
	_, err := io.Copy(w.out, io.NewSectionReader(c.file, begin, length))
	return err
}

// commit puts the cache in its place. It lists every path of tree; zero is for
// no tree.
func (w *cacheWriter) commit(tree chunkstore.ID) error {
	if err := w.flush(); err != nil {
		return err
	}
	begin := uint64(len(cacheMagic))
	for _, ref := range w.blocks {
		begin += uint64(ref.length)
	}
	index := w.index(tree)
	trailer := binary.LittleEndian.AppendUint64(nil, begin)
	trailer = binary.LittleEndian.AppendUint32(trailer, crc32.Checksum(index, castagnoli))
	if _, err := w.out.Write(append(index, trailer...)); err != nil {
		return err
	}
	if err := w.out.Flush(); err != nil {
		return err
	}
	if err := os.Rename(w.file.Name(), w.path); err != nil {
		return err
	}
	return w.file.Close()
}

func (w *cacheWriter) index(tree chunkstore.ID) []byte {
	le := binary.LittleEndian
	b := slices.Clone(tree[:])
	for _, names := range []map[uint32]string{w.users, w.groups} {
		b = le.AppendUint32(b, uint32(len(names)))
		for _, id := range slices.Sorted(maps.Keys(names)) {
			b = le.AppendUint32(b, id)
			b = le.AppendUint32(b, uint32(len(names[id])))
			b = append(b, names[id]...)
		}
	}
	b = le.AppendUint32(b, uint32(len(w.blocks)))
	for _, ref := range w.blocks {
		b = le.AppendUint32(b, uint32(ref.length))
		b = le.AppendUint32(b, ref.crc)
	}
	return b
}
