// SPDX-License-Identifier: Apache-2.0

package prepush

import (
	"strings"
	"testing"
)

const (
	zero = "0000000000000000000000000000000000000000"
	some = "564b12f45becba5fb2f70e270af067c1f13b3aab"
)

func TestReadRefs(t *testing.T) {
	cases := []struct {
		name, in    string
		tips, known int
		bad         bool
	}{
		{"nothing", "", 0, 0, false},
		{"a new branch", "refs/heads/a " + some + " refs/heads/a " + zero + "\n", 1, 0, false},
		{"a branch moves", "HEAD@{1 day ago} " + some + " refs/heads/a " + some + "\n", 1, 1, false},
		{"a branch goes", "(delete) " + zero + " refs/heads/a " + some + "\n", 0, 1, false},
		{"the held set", "refs/devops/held " + some + " refs/devops/held " + zero + "\n", 0, 0, false},
		{"too little", some + " refs/heads/a " + zero + "\n", 0, 0, true},
		{"no id", "a b refs/heads/a d\n", 0, 0, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r, err := readRefs(strings.NewReader(c.in))
			if (err != nil) != c.bad || len(r.tips) != c.tips || len(r.known) != c.known {
				t.Errorf("got %+v, %v", r, err)
			}
		})
	}
}

func FuzzReadRefs(f *testing.F) {
	f.Add("refs/heads/a " + some + " refs/heads/a " + zero + "\n")
	f.Fuzz(func(t *testing.T, in string) {
		r, err := readRefs(strings.NewReader(in))
		if n := strings.Count(in, "\n") + 1; err == nil && (len(r.tips) > n || len(r.known) > n) {
			t.Errorf("%+v of %d lines", r, n)
		}
	})
}
