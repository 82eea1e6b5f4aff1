// SPDX-License-Identifier: Apache-2.0

package live

import (
	"encoding/binary"
	"errors"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/node"
)

// flags are what an entry of the cache says yes or no to.
type flags byte

const (
	// flagAs: what lies there is what the cache's tree wants there.
	flagAs flags = 1 << iota
	// flagSettled: the identity tells of every later change.
	flagSettled
	// flagAbsent: nothing lies there.
	flagAbsent
	// flagContent: content follows.
	flagContent
	// flagLarge: content is a manifest's id.
	flagLarge
	// flagXattrs: the digest of extended attributes follows.
	flagXattrs
	// flagMtime: the tree says when the file was modified.
	flagMtime

	flagsKnown = flagMtime<<1 - 1
)

func (f flags) has(g flags) bool { return f&g == g }

// An entry is what the cache remembers of one path.
type entry struct {
	path    string
	flags   flags
	id      Identity
	content chunkstore.ID
	xattrs  chunkstore.ID // BlobID of the attributes
}

// appendTo encodes the entry, which comes after the path before.
func (e *entry) appendTo(b []byte, before string) []byte {
	shared := sharedPrefix(before, e.path)
	b = binary.AppendUvarint(b, uint64(shared))
	b = binary.AppendUvarint(b, uint64(len(e.path)-shared))
	b = append(b, e.path[shared:]...)
	b = append(b, byte(e.flags))
	if !e.flags.has(flagAbsent) {
		b = e.id.appendTo(b)
	}
	if e.flags.has(flagContent) {
		b = append(b, e.content[:]...)
	}
	if e.flags.has(flagXattrs) {
		b = append(b, e.xattrs[:]...)
	}
	return b
}

func sharedPrefix(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

var errEntry = errors.New("bad entry")

// decode reads an entry from the beginning of b and returns what follows it.
func (e *entry) decode(b []byte, before string) (rest []byte, err error) {
	shared, n := binary.Uvarint(b)
	if n <= 0 || shared > uint64(len(before)) {
		return nil, errEntry
	}
	b = b[n:]
	length, n := binary.Uvarint(b)
	if n <= 0 || length > node.MaxPath || shared+length > node.MaxPath || length >= uint64(len(b)-n) {
		return nil, errEntry
	}
	suffix := b[n : n+int(length)]
	b = b[n+int(length):]
	var path strings.Builder
	path.Grow(int(shared + length))
	path.WriteString(before[:shared])
	path.Write(suffix)
	*e = entry{path: path.String(), flags: flags(b[0])}
	if e.flags&^flagsKnown != 0 || before != "" && node.ComparePaths(before, e.path) >= 0 {
		return nil, errEntry
	}
	return e.decodeRest(b[1:])
}

// decodeRest reads what follows the flags.
func (e *entry) decodeRest(b []byte) (rest []byte, err error) {
	take := func(flag flags, n int) []byte {
		if !e.flags.has(flag) || err != nil {
			return nil
		}
		if len(b) < n {
			err = errEntry
			return nil
		}
		taken := b[:n]
		b = b[n:]
		return taken
	}
	if e.flags.has(flagAbsent) {
		if e.flags&(flagContent|flagXattrs) != 0 {
			return nil, errEntry
		}
		return b, nil
	}
	if id := take(0, identitySize); id != nil {
		e.id = decodeIdentity(id)
	}
	copy(e.content[:], take(flagContent, len(e.content)))
	copy(e.xattrs[:], take(flagXattrs, len(e.xattrs)))
	return b, err
}
