// SPDX-License-Identifier: Apache-2.0

package live

import (
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/largefile"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/rootfs"
)

// readSize is how much of a file is read at once, bytes.
const readSize = 64 << 10

// A reader reads what lies at a path. It serves one goroutine.
type reader struct {
	*run
	sum hash.Hash
	buf []byte
}

func newReader(r *run) reader { return reader{r, sha1.New(), make([]byte, readSize)} }

// content finds the id of a file's or link's content, unless the entry found
// has it. With large it is that of the manifest: wanted, where the content is
// that of this one, however it is cut.
func (r *reader) content(at *place, it *item, large bool, wanted chunkstore.ID) (err error) {
	f := &it.found
	kind := f.id.Mode & unix.S_IFMT
	if kind != unix.S_IFREG && kind != unix.S_IFLNK {
		return nil
	}
	large = large && kind == unix.S_IFREG
	if f.flags.has(flagContent) && f.flags.has(flagLarge) == large {
		if large && f.content != wanted && r.describes(wanted, r.previous(f.content)) {
			f.content = wanted
		}
		return nil
	}
	f.flags = f.flags&^flagLarge | flagContent
	if large {
		f.flags |= flagLarge
	}
	if r.Written != nil {
		if w, ok := r.Written(it.path); ok && w.ID == f.id && w.Large == large {
			f.content = w.Content
			return nil
		}
	}
	switch {
	case kind == unix.S_IFLNK:
		target, err := at.readlink()
		f.content = chunkstore.BlobID([]byte(target))
		return err
	case large:
		f.content, err = r.manifest(at, wanted)
	default:
		f.content, err = r.blob(at, f.id.Size)
	}
	return err
}

// errAgain says that a path must be looked at again: what was seen there was
// replaced before it was read.
var errAgain = errors.New("replaced meanwhile")

func (at *place) readlink() (string, error) {
	target, err := at.dir.Readlink(at.name)
	if errors.Is(err, unix.EINVAL) {
		err = errAgain
	}
	return target, err
}

func notRegular(err error) error {
	if errors.Is(err, rootfs.ErrNotRegular) {
		return errAgain
	}
	return err
}

// blob returns the id of a file's content, of which there are size bytes.
func (r *reader) blob(at *place, size int64) (id chunkstore.ID, err error) {
	at.file, err = at.dir.OpenSeen(at.name)
	if err != nil {
		return id, notRegular(err)
	}
	r.sum.Reset()
	header := append(r.buf[:0], "blob "...)
	header = strconv.AppendInt(header, size, 10)
	r.sum.Write(append(header, 0))
	for left := size; left > 0; {
		if err := at.ctx.Err(); err != nil {
			return id, err
		}
		n, err := at.file.Read(r.buf[:min(left, readSize)])
		if err != nil {
			return id, err
		}
		if n == 0 {
			break // it has shrunk, so the id is that of no file
		}
		r.sum.Write(r.buf[:n])
		left -= int64(n)
	}
	r.sum.Sum(id[:0])
	r.progress(size)
	return id, nil
}

func (r *reader) progress(n int64) {
	if r.Progress != nil {
		r.Progress(n)
	}
}

// manifest returns the id of the manifest of a file's content: wanted, or that
// which the repository's parameters give.
func (r *reader) manifest(at *place, wanted chunkstore.ID) (id chunkstore.ID, err error) {
	select {
	case r.large <- struct{}{}:
	case <-at.ctx.Done():
		return id, at.ctx.Err()
	}
	defer func() { <-r.large }()
	f, err := at.dir.OpenFile(at.name)
	if err != nil {
		return id, notRegular(err)
	}
	defer f.Close()
	m, err := largefile.DescribeContent(at.ctx, f, largefile.CaptureOptions{
		Params: r.Params, Previous: r.previous(wanted), Progress: r.Progress,
	})
	if err != nil {
		return id, fmt.Errorf("read %s: %w", f.Name(), err)
	}
	if r.describes(wanted, m) {
		return wanted, nil
	}
	return chunkstore.BlobID(m.Encode()), nil
}

// previous returns the manifest with an id, nil where that is not known.
func (r *reader) previous(id chunkstore.ID) *chunkstore.Manifest {
	if r.Previous == nil || id.IsZero() {
		return nil
	}
	return r.Previous(id)
}

// describes tells whether the manifest with an id is one of the same content as
// m, which may be cut otherwise, or nil.
func (r *reader) describes(id chunkstore.ID, m *chunkstore.Manifest) bool {
	if m == nil {
		return false
	}
	other := r.previous(id)
	return other != nil && other.Size == m.Size && other.SHA256 == m.SHA256
}

// xattrs returns the extended attributes, and notes their digest.
func (r *reader) xattrs(at *place, it *item) ([]node.Xattr, error) {
	f := &it.found
	if it.recalled() && !f.flags.has(flagXattrs) {
		return nil, nil
	}
	xattrs, err := at.xattrs()
	if err != nil {
		return nil, err
	}
	f.flags &^= flagXattrs
	f.xattrs = chunkstore.ID{}
	if len(xattrs) > 0 {
		f.flags |= flagXattrs
		f.xattrs = xattrsID(xattrs)
	}
	return xattrs, nil
}

func (at *place) xattrs() ([]node.Xattr, error) {
	if at.file != nil {
		return at.file.Xattrs()
	}
	return at.dir.Xattrs(at.name)
}

// recalled tells whether what was found is what the cache has.
func (it *item) recalled() bool {
	return it.old != nil && it.old.flags.has(flagSettled) && it.old.id == it.found.id
}

// xattrsID is the digest of extended attributes.
func xattrsID(xattrs []node.Xattr) chunkstore.ID {
	var b []byte
	for _, x := range xattrs {
		for _, s := range []string{x.Name, x.Value} {
			b = binary.AppendUvarint(b, uint64(len(s)))
			b = append(b, s...)
		}
	}
	return chunkstore.BlobID(b)
}
