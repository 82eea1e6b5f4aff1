// SPDX-License-Identifier: Apache-2.0

package repo

import (
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strings"
	"unsafe"

	"github.com/git-devops/git-devops/chunkstore"
)

// The format is gitformat-index(5), versions 2 to 4.
const (
	indexMagic      = "DIRC"
	indexHeaderSize = 12
	// entryFixedSize is the length of an entry before its extended flags.
	entryFixedSize = 62

	flagAssumeValid = 0x8000
	flagExtended    = 0x4000
	flagStageMask   = 0x3000
	flagStageShift  = 12
	flagNameMask    = 0x0fff

	// In the second half-word, which version 2 does not have.
	flagSkipWorktree = 0x4000
	flagIntentToAdd  = 0x2000
)

// ReadIndex reads the index; one that does not exist is empty. The error is
// ErrUnsupported for split and sparse indexes and ErrBadIndex for damaged
// ones.
func (r *Repo) ReadIndex() (*Index, error) {
	x, f, err := openIndex(r.indexFile)
	if f != nil {
		f.Close()
	}
	return x, err
}

// openIndex reads an index and leaves its file open, so that no other file can
// get its inode number. The file is nil when there is no index.
func openIndex(path string) (*Index, *os.File, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &Index{version: 2}, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read index: %w", err)
	}
	x, err := readIndexFile(f)
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("read index %s: %w", path, err)
	}
	return x, f, nil
}

func readIndexFile(f *os.File) (*Index, error) {
	fi, data, err := readWhole(f)
	if err != nil {
		return nil, err
	}
	x, err := parseIndex(data)
	if err != nil {
		return nil, err
	}
	x.Mtime = fi.ModTime()
	return x, nil
}

func readWhole(f *os.File) (fs.FileInfo, []byte, error) {
	fi, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if !fi.Mode().IsRegular() || fi.Size() > math.MaxInt32 {
		return nil, nil, fmt.Errorf("%w: not a file of at most 2 GiB", ErrBadIndex)
	}
	data := make([]byte, fi.Size())
	_, err = io.ReadFull(f, data)
	return fi, data, err
}

// parseIndex reads the bytes of an index file. An empty file is an empty
// index, as it is to git.
func parseIndex(data []byte) (*Index, error) {
	x := &Index{version: 2}
	err := x.parse(data, func(count int) { x.Entries = make([]Entry, 0, count) }, func(e *Entry) {
		x.Entries = append(x.Entries, *e)
	})
	if err != nil {
		return nil, err
	}
	return x, x.checkOrder()
}

// parse reads all but the entries, which it passes on. begin is told before how
// many there are.
func (x *Index) parse(data []byte, begin func(count int), fn func(*Entry)) error {
	if len(data) == 0 {
		return nil
	}
	body, err := checkTrailer(data)
	if err != nil {
		return err
	}
	x.version = binary.BigEndian.Uint32(body[4:])
	if x.version < 2 || x.version > 4 {
		return unsupported("index version %d", x.version)
	}
	count := int(binary.BigEndian.Uint32(body[8:]))
	if count > len(body)/entryFixedSize {
		return fmt.Errorf("%w: %d entries do not fit", ErrBadIndex, count)
	}
	begin(count)
	rest, err := eachEntry(body, x.version, count, fn)
	if err != nil {
		return err
	}
	// Before the order is checked: the entries of a split index look damaged.
	return x.parseExtensions(rest)
}

func (x *Index) checkOrder() error {
	for i := range x.Entries {
		switch {
		case x.Entries[i].Path == "":
			return fmt.Errorf("%w: entry %d has no path", ErrBadIndex, i)
		case i > 0 && compareEntries(&x.Entries[i-1], &x.Entries[i]) >= 0:
			return fmt.Errorf("%w: entry %d is out of order", ErrBadIndex, i)
		}
	}
	return nil
}

// checkTrailer returns the index without its trailing checksum. One of all
// zeroes was left out (index.skipHash).
func checkTrailer(data []byte) ([]byte, error) {
	if len(data) < indexHeaderSize+sha1.Size {
		return nil, fmt.Errorf("%w: %d bytes are too few", ErrBadIndex, len(data))
	}
	body := data[:len(data)-sha1.Size]
	if string(body[:4]) != indexMagic {
		return nil, fmt.Errorf("%w: bad signature", ErrBadIndex)
	}
	trailer := [sha1.Size]byte(data[len(body):])
	if trailer != [sha1.Size]byte{} && trailer != sha1.Sum(body) {
		return nil, fmt.Errorf("%w: bad checksum", ErrBadIndex)
	}
	return body, nil
}

// eachEntry calls fn for the entries, each time with the same one.
func eachEntry(body []byte, version uint32, count int, fn func(*Entry)) (rest []byte, err error) {
	// Paths are slices of one string: 100,000 small ones cost more to make.
	// Nobody writes to body any more.
	text := unsafe.String(unsafe.SliceData(body), len(body))
	at := indexHeaderSize
	var e Entry
	for i := range count {
		next, err := e.parse(body, text, at, version, e.Path)
		if err != nil {
			return nil, fmt.Errorf("%w: entry %d: %w", ErrBadIndex, i, err)
		}
		at = next
		fn(&e)
	}
	return body[at:], nil
}

var errTruncated = errors.New("truncated")

// parse reads the entry that begins at a position and returns where the next
// one does.
func (e *Entry) parse(body []byte, text string, at int, version uint32, previous string) (int, error) {
	if len(body)-at < entryFixedSize {
		return 0, errTruncated
	}
	b := body[at : at+entryFixedSize : at+entryFixedSize]
	word := func(i int) uint32 { return binary.BigEndian.Uint32(b[4*i:]) }
	e.Stat = Stat{
		CtimeSec: word(0), CtimeNsec: word(1), MtimeSec: word(2), MtimeNsec: word(3),
		Dev: word(4), Ino: word(5), UID: word(7), GID: word(8), Size: word(9),
	}
	e.Mode = word(6)
	e.ID = chunkstore.ID(b[40:60])
	flags := binary.BigEndian.Uint16(b[60:])
	e.AssumeValid = flags&flagAssumeValid != 0
	e.Stage = int(flags&flagStageMask) >> flagStageShift
	e.SkipWorktree, e.IntentToAdd = false, false
	name := at + entryFixedSize
	if flags&flagExtended != 0 {
		if len(body)-name < 2 {
			return 0, errTruncated
		}
		extended := binary.BigEndian.Uint16(body[name:])
		e.SkipWorktree = extended&flagSkipWorktree != 0
		e.IntentToAdd = extended&flagIntentToAdd != 0
		name += 2
	}
	if version == 4 {
		return e.parseCompressedPath(text, name, previous)
	}
	return e.parsePath(text, at, name, int(flags&flagNameMask))
}

// parsePath reads a path that ends in one to eight NULs, which fill the entry
// to a multiple of 8 bytes.
func (e *Entry) parsePath(text string, entry, name, length int) (int, error) {
	if length == flagNameMask || name+length >= len(text) || text[name+length] != 0 {
		if length = strings.IndexByte(text[name:], 0); length < 0 {
			return 0, errTruncated
		}
	}
	e.Path = text[name : name+length]
	next := entry + (name+length-entry+8)&^7
	if next > len(text) {
		return 0, errTruncated
	}
	return next, nil
}

// parseCompressedPath reads a path of version 4: how many bytes to cut from
// the end of the previous one, and what then to append, up to a NUL.
func (e *Entry) parseCompressedPath(text string, name int, previous string) (int, error) {
	cut, n := decodeOffset(text[name:])
	if n == 0 || cut > uint64(len(previous)) {
		return 0, errors.New("bad path prefix")
	}
	name += n
	length := strings.IndexByte(text[name:], 0)
	if length < 0 {
		return 0, errTruncated
	}
	e.Path = previous[:len(previous)-int(cut)] + text[name:name+length]
	return name + length + 1, nil
}

// decodeOffset reads a number as git's packs write offsets and returns how
// many bytes that took, 0 if it is not one.
func decodeOffset(s string) (value uint64, n int) {
	for n < len(s) && n < 9 {
		c := s[n]
		n++
		value = value<<7 | uint64(c&0x7f)
		if c&0x80 == 0 {
			return value, n
		}
		value++
	}
	return 0, 0
}

// parseExtensions keeps the two extensions that stay true when entries change,
// once they have been adjusted. The others are caches that git makes again.
func (x *Index) parseExtensions(data []byte) error {
	for len(data) > 0 {
		if len(data) < 8 {
			return fmt.Errorf("%w: truncated extension", ErrBadIndex)
		}
		name, size := string(data[:4]), binary.BigEndian.Uint32(data[4:])
		data = data[8:]
		if uint64(size) > uint64(len(data)) {
			return fmt.Errorf("%w: truncated extension %q", ErrBadIndex, name)
		}
		switch content := data[:size]; {
		case name == "TREE":
			x.tree = content
		case name == "REUC":
			x.undo = content
		case name == "link":
			return unsupported("split index; turn it off with: git update-index --no-split-index")
		case name == "sdir":
			return unsupported("sparse index; turn it off with: git sparse-checkout reapply --no-sparse-index")
		case name[0] < 'A' || name[0] > 'Z':
			return unsupported("index extension %q", name)
		}
		data = data[size:]
	}
	return nil
}
