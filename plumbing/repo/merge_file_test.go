// SPDX-License-Identifier: Apache-2.0

package repo

import "testing"

func TestMergeFile(t *testing.T) {
	const base = "one\ntwo\nthree\nfour\nfive\n"
	tests := []struct {
		name, base, ours, theirs, want string
		conflict                       bool
	}{
		{"both, apart", base, "ONE\ntwo\nthree\nfour\nfive\n", "one\ntwo\nthree\nfour\nFIVE\n",
			"ONE\ntwo\nthree\nfour\nFIVE\n", false},
		{"only ours", base, base + "six\n", base, base + "six\n", false},
		{"only theirs", base, base, base + "six\n", base + "six\n", false},
		{"the same", base, "x\n", "x\n", "x\n", false},
		{"the same lines", "a\n", "b\n", "c\n", "<<<<<<< live\nb\n=======\nc\n>>>>>>> target\n", true},
		{"no base", "", "a\n", "a\n", "a\n", false},
		{"to nothing", "a\n", "a\n", "", "", false},
		{"binary", "a\x00", "b\x00", "a\x00", "b\x00", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, conflict, err := MergeFile([]byte(tt.base), []byte(tt.ours), []byte(tt.theirs),
				MergeLabels{"base", "live", "target"})
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tt.want || conflict != tt.conflict {
				t.Errorf("MergeFile = %q, %v; want %q, %v", got, conflict, tt.want, tt.conflict)
			}
		})
	}
}
