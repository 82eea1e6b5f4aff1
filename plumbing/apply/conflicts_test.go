// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConflictsRoundTrip(t *testing.T) {
	want := Conflicts{"etc/motd": content(1), "etc/a b\n": content(2), "x\xff": {}}
	data := want.encode()
	got, err := parseConflicts(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseConflictsRefuses(t *testing.T) {
	id := content(1).String()
	for name, data := range map[string]string{
		"nothing":     "",
		"version 2":   "git-devops conflicts 2\n",
		"no NUL":      conflictsHeader + id + " a",
		"no id":       conflictsHeader + "a\x00",
		"order":       conflictsHeader + id + " b\x00" + id + " a\x00",
		"twice":       conflictsHeader + id + " a\x00" + id + " a\x00",
		"upper case":  conflictsHeader + "AB" + id[2:] + " a\x00",
		"no path":     conflictsHeader + id + " \x00",
		"just an id":  conflictsHeader + id + "\x00",
		"half an oid": conflictsHeader + id[:20] + " a\x00",
	} {
		if _, err := parseConflicts([]byte(data)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzConflicts(f *testing.F) {
	f.Add([]byte(conflictsHeader))
	f.Add(Conflicts{"a": content(1), "b/c": content(2)}.encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := parseConflicts(data)
		if err == nil && !bytes.Equal(c.encode(), data) {
			t.Errorf("%q becomes %q", data, c.encode())
		}
	})
}
