// SPDX-License-Identifier: Apache-2.0

package passive

import (
	"crypto/rand"
	"encoding/hex"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
)

const (
	// MarkName is the name of the mark in its store.
	MarkName = "git-devops-store"
	// MaxMark is the length of the longest mark, bytes.
	MaxMark = 128

	markMagic = "git-devops store "
	markFirst = markMagic + "1\n"
)

// A StoreID tells a store from all others.
type StoreID [16]byte

// NewStoreID returns a random id.
func NewStoreID() (id StoreID) {
	rand.Read(id[:])
	return id
}

// ParseStoreID reads exactly 32 lower-case hexadecimal digits. Its error is a
// *chunkstore.FormatError.
func ParseStoreID(s string) (id StoreID, err error) {
	n, err := hex.Decode(id[:], []byte(s[:min(len(s), 2*len(id))]))
	if err != nil || n != len(id) || id.String() != s {
		return StoreID{}, &chunkstore.FormatError{What: "store id", Reason: "expected 32 lower-case hexadecimal digits"}
	}
	return id, nil
}

// String returns the 32 digits.
func (id StoreID) String() string { return hex.EncodeToString(id[:]) }

// IsZero reports whether id is none.
func (id StoreID) IsZero() bool { return id == StoreID{} }

// A Mark says which store a place is, and what its bodies look like.
type Mark struct {
	ID     StoreID
	Sealed bool
}

// Encode returns the bytes of m, the only ones that ParseMark reads as m.
func (m Mark) Encode() []byte {
	return []byte(markFirst + "id " + m.ID.String() + "\nbody " + m.form() + "\n")
}

func (m Mark) form() string {
	if m.Sealed {
		return "sealed"
	}
	return "plain"
}

// Suffix is what the name of each body ends with.
func (m Mark) Suffix() string {
	if m.Sealed {
		return ".age"
	}
	return ""
}

// ParseMark reads a mark. Its error is a *chunkstore.FormatError, which matches
// chunkstore.ErrVersion when the version is not known.
func ParseMark(data []byte) (Mark, error) {
	bad := func(reason string, err error) (Mark, error) {
		return Mark{}, &chunkstore.FormatError{What: "mark of the store", Reason: reason, Err: err}
	}
	text := string(data[:min(len(data), MaxMark+1)])
	rest, ok := strings.CutPrefix(text, markFirst)
	switch {
	case len(text) > MaxMark:
		return bad("it is too long", nil)
	case !ok && newer(text):
		return bad("it was written by a newer program", chunkstore.ErrVersion)
	case !ok:
		return bad("it does not begin with '"+strings.TrimSpace(markFirst)+"'", nil)
	}
	lines := strings.Split(rest, "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "id ") {
		return bad("expected an id and the kind of bodies", nil)
	}
	id, err := ParseStoreID(strings.TrimPrefix(lines[0], "id "))
	if err != nil {
		return bad(err.Error(), nil)
	}
	m := Mark{ID: id, Sealed: lines[1] == "body sealed"}
	if string(m.Encode()) != text {
		return bad("expected 'body plain' or 'body sealed' and nothing after it", nil)
	}
	return m, nil
}

// newer says whether a mark begins as a later version's does.
func newer(text string) bool {
	first, _, _ := strings.Cut(text, "\n")
	number, ok := strings.CutPrefix(first, markMagic)
	return ok && number != "" && strings.Trim(number, "0123456789") == ""
}
