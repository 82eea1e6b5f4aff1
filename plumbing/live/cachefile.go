// SPDX-License-Identifier: Apache-2.0

package live

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/node"
)

const (
	cacheMagic = "git-devops statcache 1\n"
	// trailerSize is that of what a cache ends with: where its index begins,
	// and that one's checksum.
	trailerSize = 12
	// maxBlock and maxIndex bound what is read at once, bytes.
	maxBlock = 8 << 20
	maxIndex = 64 << 20
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	// errCache says that a cache, or the rest of it, is of no use.
	errCache = errors.New("bad stat cache")
)

// A blockRef is where a block of entries lies in the cache.
type blockRef struct {
	offset int64
	length int
	crc    uint32
}

// A cacheFile is a cache that is read. Any number of goroutines may use it.
type cacheFile struct {
	file   *os.File
	tree   chunkstore.ID
	users  map[uint32]string // the names that owners had
	groups map[uint32]string
	blocks []blockRef
}

// openCache opens the cache at path. The error is nothing that a person must
// know: the cache is of no use then.
func openCache(path string) (*cacheFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	c := &cacheFile{file: f}
	if err := c.readIndex(); err != nil {
		f.Close()
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return c, nil
}

func (c *cacheFile) close() { c.file.Close() }

// readIndex reads what stands behind the blocks.
func (c *cacheFile) readIndex() error {
	fi, err := c.file.Stat()
	if err != nil {
		return err
	}
	end := fi.Size() - trailerSize
	var head [len(cacheMagic)]byte
	var trailer [trailerSize]byte
	if _, err := c.file.ReadAt(head[:], 0); err != nil || string(head[:]) != cacheMagic {
		return errCache
	}
	if _, err := c.file.ReadAt(trailer[:], end); err != nil {
		return errCache
	}
	begin := int64(binary.LittleEndian.Uint64(trailer[:]))
	if begin < int64(len(cacheMagic)) || begin > end || end-begin > maxIndex {
		return errCache
	}
	index := make([]byte, end-begin)
	if _, err := c.file.ReadAt(index, begin); err != nil {
		return errCache
	}
	if crc32.Checksum(index, castagnoli) != binary.LittleEndian.Uint32(trailer[8:]) {
		return errCache
	}
	return c.parseIndex(index, begin)
}

// parseIndex reads the index, which begins at end, where the blocks end.
func (c *cacheFile) parseIndex(b []byte, end int64) error {
	r := &indexReader{b: b}
	copy(c.tree[:], r.take(len(c.tree)))
	c.users, c.groups = r.names(), r.names()
	at := int64(len(cacheMagic))
	for n := r.count(8); n > 0; n-- {
		ref := blockRef{offset: at, length: int(r.uint32()), crc: r.uint32()}
		if ref.length > maxBlock {
			return errCache
		}
		at += int64(ref.length)
		c.blocks = append(c.blocks, ref)
	}
	if r.bad || len(r.b) > 0 || at != end {
		return errCache
	}
	return nil
}

// An indexReader takes values from an index.
type indexReader struct {
	b   []byte
	bad bool
}

func (r *indexReader) take(n int) []byte {
	if n > len(r.b) {
		r.bad, r.b = true, nil
		return make([]byte, n)
	}
	taken := r.b[:n]
	r.b = r.b[n:]
	return taken
}

func (r *indexReader) uint32() uint32 { return binary.LittleEndian.Uint32(r.take(4)) }

// count reads a number of things that take at least size bytes each.
func (r *indexReader) count(size int) int {
	n := r.uint32()
	if int64(n)*int64(size) > int64(len(r.b)) {
		r.bad = true
		return 0
	}
	return int(n)
}

func (r *indexReader) names() map[uint32]string {
	names := map[uint32]string{}
	for n := r.count(8); n > 0 && !r.bad; n-- {
		id, length := r.uint32(), r.count(1)
		names[id] = string(r.take(length))
	}
	return names
}

// named tells whether owners and groups still have the names that they had
// when the cache was written.
func (c *cacheFile) named(names Names) bool {
	for id, name := range c.users {
		if names.Owner(id) != name {
			return false
		}
	}
	for id, name := range c.groups {
		if names.Group(id) != name {
			return false
		}
	}
	return true
}

// read returns the bytes of a block.
func (c *cacheFile) read(ref blockRef, buf []byte) ([]byte, error) {
	if cap(buf) < ref.length {
		buf = make([]byte, ref.length)
	}
	buf = buf[:ref.length]
	if _, err := c.file.ReadAt(buf, ref.offset); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if crc32.Checksum(buf, castagnoli) != ref.crc {
		return nil, errCache
	}
	return buf, nil
}

// decodeBlock appends the entries of a block to entries.
func decodeBlock(b []byte, entries []entry) ([]entry, error) {
	before := ""
	for len(b) > 0 {
		var e entry
		rest, err := e.decode(b, before)
		if err != nil {
			return nil, errCache
		}
		entries = append(entries, e)
		b, before = rest, e.path
	}
	return entries, nil
}

// A cacheReader gives the entries of a cache one after the other, up to where
// it is damaged.
type cacheReader struct {
	cache   *cacheFile // nil for none
	next    int        // block
	buf     []byte
	entries []entry
	err     error // of a damaged block
}

// peek returns the next entry, nil after the last one.
func (r *cacheReader) peek() *entry {
	for len(r.entries) == 0 {
		if !r.fill() {
			return nil
		}
	}
	return &r.entries[0]
}

// skip goes to the entry after the one that peek returns.
func (r *cacheReader) skip() { r.entries = r.entries[1:] }

// find returns the entry at path, which comes after the paths that it was
// asked for before, or nil.
func (r *cacheReader) find(path string) *entry {
	for {
		e := r.peek()
		if e == nil {
			return nil
		}
		switch order := node.ComparePaths(e.path, path); {
		case order == 0:
			return e
		case order > 0:
			return nil
		}
		r.skip()
	}
}

func (r *cacheReader) fill() bool {
	if r.cache == nil || r.err != nil || r.next == len(r.cache.blocks) {
		return false
	}
	r.buf, r.err = r.cache.read(r.cache.blocks[r.next], r.buf)
	if r.err == nil {
		r.entries, r.err = decodeBlock(r.buf, make([]entry, 0, blockEntries))
	}
	r.next++
	return r.err == nil
}
