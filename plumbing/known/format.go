// SPDX-License-Identifier: Apache-2.0

package known

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
)

const (
	magic     = "git-devops known"
	version   = 1
	headerLen = 48
	idLen     = 20
	// MaxIDs is of how many chunks a snapshot can tell.
	MaxIDs  = 1 << 22
	maxTime = 1 << 40
)

// A Snapshot says which chunks a place had.
type Snapshot struct {
	When   time.Time // in whole seconds, UTC
	Origin [16]byte  // the id of the store; zero for a peer
	IDs    []chunkstore.ID
}

// Has says whether the place had id.
func (s Snapshot) Has(id chunkstore.ID) bool {
	_, ok := slices.BinarySearchFunc(s.IDs, id, chunkstore.ID.Compare)
	return ok
}

// encode returns the bytes of s, whose ids are sorted.
func (s Snapshot) encode() []byte {
	b := make([]byte, 0, headerLen+idLen*len(s.IDs)+sha256.Size)
	b = append(b, magic...)
	b = binary.BigEndian.AppendUint32(b, version)
	b = binary.BigEndian.AppendUint32(b, uint32(len(s.IDs)))
	b = binary.BigEndian.AppendUint64(b, uint64(s.When.Unix()))
	b = append(b, s.Origin[:]...)
	for _, id := range s.IDs {
		b = append(b, id[:]...)
	}
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// parse reads what encode writes, and nothing else. Its error is a
// *chunkstore.FormatError, which matches chunkstore.ErrVersion when the version
// is not known.
func parse(b []byte) (Snapshot, error) {
	bad := func(err error, format string, args ...any) (Snapshot, error) {
		return Snapshot{}, &chunkstore.FormatError{What: "list of known chunks", Reason: fmt.Sprintf(format, args...), Err: err}
	}
	if len(b) < headerLen+sha256.Size || string(b[:16]) != magic {
		return bad(nil, "it does not begin with '%s', or is cut", magic)
	}
	if v := binary.BigEndian.Uint32(b[16:]); v != version {
		return bad(chunkstore.ErrVersion, "version %d is not known", v)
	}
	n, seconds := int64(binary.BigEndian.Uint32(b[20:])), binary.BigEndian.Uint64(b[24:])
	switch end := len(b) - sha256.Size; {
	case n > MaxIDs:
		return bad(nil, "%d chunks are too many", n)
	case int64(len(b)) != headerLen+idLen*n+sha256.Size:
		return bad(nil, "it has %d bytes, which do not fit %d chunks", len(b), n)
	case seconds >= maxTime:
		return bad(nil, "the time is out of range")
	case sha256.Sum256(b[:end]) != [sha256.Size]byte(b[end:]):
		return bad(nil, "its checksum is wrong")
	}
	s := Snapshot{When: time.Unix(int64(seconds), 0).UTC(), Origin: [16]byte(b[32:48]), IDs: make([]chunkstore.ID, n)}
	for i := range s.IDs {
		s.IDs[i] = chunkstore.ID(b[headerLen+idLen*i:])
		if i > 0 && s.IDs[i-1].Compare(s.IDs[i]) >= 0 {
			return bad(nil, "its ids are not in ascending order")
		}
	}
	return s, nil
}
