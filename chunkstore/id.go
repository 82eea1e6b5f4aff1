// SPDX-License-Identifier: Apache-2.0

package chunkstore

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"slices"
	"strconv"
)

// ID is the id of a git object: the SHA-1 of its kind, its length and its
// content. A chunk's ID is that of the git blob that holds it.
type ID [20]byte

// String returns the 40 lower-case hexadecimal digits git prints.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// IsZero reports whether id is git's null id, which names no object.
func (id ID) IsZero() bool { return id == ID{} }

// Compare orders ids as git does: by their bytes. The result is -1, 0 or 1.
func (id ID) Compare(other ID) int { return bytes.Compare(id[:], other[:]) }

// SortedSet returns a new slice of the ids, ascending, each once.
func SortedSet(ids []ID) []ID {
	ids = slices.Clone(ids)
	slices.SortFunc(ids, ID.Compare)
	return slices.Compact(ids)
}

// ParseID reads exactly 40 lower-case hexadecimal digits. Its error is a
// *FormatError.
func ParseID(s string) (ID, error) {
	var id ID
	if reason := parseHex(id[:], s); reason != "" {
		return ID{}, &FormatError{What: "object id", Reason: reason}
	}
	return id, nil
}

// BlobID returns the id git gives to a blob that holds data.
func BlobID(data []byte) ID { return ObjectID("blob", data) }

// ObjectID returns the id git gives to an object of this kind ("blob",
// "tree", "commit" or "tag") that holds data.
func ObjectID(kind string, data []byte) ID {
	header := make([]byte, 0, 32)
	header = append(header, kind...)
	header = append(header, ' ')
	header = strconv.AppendInt(header, int64(len(data)), 10)
	header = append(header, 0)
	h := sha1.New()
	h.Write(header)
	h.Write(data)
	var id ID
	h.Sum(id[:0])
	return id
}

// parseHex fills dst from s and returns what is wrong with s, or "". It is
// stricter than encoding/hex, which takes upper case too: every value has one
// spelling only.
func parseHex[T string | []byte](dst []byte, s T) (reason string) {
	if len(s) != 2*len(dst) {
		return "expected " + strconv.Itoa(2*len(dst)) + " hexadecimal digits, found " + strconv.Itoa(len(s)) + " bytes"
	}
	for i := range dst {
		hi, lo := hexDigit(s[2*i]), hexDigit(s[2*i+1])
		if hi|lo > 15 {
			return "expected lower-case hexadecimal digits"
		}
		dst[i] = hi<<4 | lo
	}
	return ""
}

// hexDigit returns the value of c, or 255 when c is not a lower-case
// hexadecimal digit.
func hexDigit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	}
	return 255
}
