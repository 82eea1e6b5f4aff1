// SPDX-License-Identifier: Apache-2.0

package chunkstore

import (
	"errors"
	"strings"
	"testing"
)

// The ids here are those that git hash-object prints.
func TestObjectID(t *testing.T) {
	for _, tc := range []struct{ kind, data, want string }{
		{"blob", "", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"},
		{"blob", "hello\n", "ce013625030ba8dba906f756967f9e9ca394464a"},
		{"tree", "", "4b825dc642cb6eb9a060e54bf8d69288fbee4904"},
	} {
		if got := ObjectID(tc.kind, []byte(tc.data)).String(); got != tc.want {
			t.Errorf("ObjectID(%q, %q) = %s, want %s", tc.kind, tc.data, got, tc.want)
		}
	}
	if BlobID([]byte("x")) != ObjectID("blob", []byte("x")) {
		t.Error("BlobID is not the id of a blob")
	}
}

func TestParseID(t *testing.T) {
	const good = "ce013625030ba8dba906f756967f9e9ca394464a"
	for _, tc := range []struct {
		name, s string
		ok      bool
	}{
		{"good", good, true},
		{"null", strings.Repeat("0", 40), true},
		{"empty", "", false},
		{"short", good[1:], false},
		{"long", good + "0", false},
		{"sha256", good + good[:24], false},
		{"upper case", strings.ToUpper(good), false},
		{"not hexadecimal", "g" + good[1:], false},
		{"space before", " " + good[1:], false},
		{"newline after", good[1:] + "\n", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			id, err := ParseID(tc.s)
			var format *FormatError
			switch {
			case tc.ok && (err != nil || id.String() != tc.s):
				t.Errorf("ParseID: %s, %v", id, err)
			case !tc.ok && (!errors.As(err, &format) || !id.IsZero()):
				t.Errorf("ParseID: %s, %v; want a *FormatError", id, err)
			}
		})
	}
}

func TestVerify(t *testing.T) {
	data := []byte("chunk")
	if err := Verify(BlobID(data), data, "here"); err != nil {
		t.Error(err)
	}
	wrong := BlobID([]byte("another chunk"))
	var corrupt *CorruptError
	if err := Verify(wrong, data, "here"); !errors.As(err, &corrupt) || corrupt.ID != wrong || corrupt.Where != "here" {
		t.Errorf("a chunk under a wrong name: %v, want a *CorruptError", err)
	}
}

func TestErrorTexts(t *testing.T) {
	id := BlobID(nil)
	cause := errors.New("cause")
	for _, tc := range []struct {
		err  error
		want string
	}{
		{&MissingError{ID: id}, "object e69de29bb2d1d6434b8b29ae775ad8c2e48c5391 is missing"},
		{&CorruptError{ID: id}, "object e69de29bb2d1d6434b8b29ae775ad8c2e48c5391 is corrupt"},
		{&CorruptError{ID: id, Where: "x.pack", Err: cause}, "object e69de29bb2d1d6434b8b29ae775ad8c2e48c5391 is corrupt in x.pack: cause"},
		{&FormatError{What: "manifest", Line: 3, Reason: "odd"}, "manifest: line 3: odd"},
		{&FormatError{What: "object id", Reason: "odd"}, "object id: odd"},
	} {
		if got := tc.err.Error(); got != tc.want {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
	if !errors.Is(&CorruptError{Err: cause}, cause) {
		t.Error("CorruptError hides its cause")
	}
}
