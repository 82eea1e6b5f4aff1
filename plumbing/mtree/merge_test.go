// SPDX-License-Identifier: Apache-2.0

package mtree

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMerge(t *testing.T) {
	tests := []struct {
		name                     string
		base, ours, theirs, want string
		conflict                 bool
	}{
		{"nobody", "./a mode=0600", "./a mode=0600", "./a mode=0600", "./a mode=0600", false},
		{"ours", "", "./a mode=0600", "", "./a mode=0600", false},
		{"theirs", "", "", "./a mode=0600", "./a mode=0600", false},
		{"theirs changes", "./a mode=0600", "./a mode=0600", "./a mode=0640", "./a mode=0640", false},
		{"theirs removes", "./a mode=0600", "./a mode=0600", "", "", false},
		{"both add the same", "", "./a uid=7", "./a uid=7", "./a uid=7", false},
		{"both remove", "./a uid=7", "", "", "", false},
		{"different paths", "./a uid=7\n./b uid=7", "./a uid=7", "./a uid=7\n./b uid=7\n./c uid=8", "./a uid=7\n./c uid=8", false},
		{"owner and mode", "./a uid=7", "./a uid=8", "./a uid=7 mode=0600", "./a uid=8 mode=0600", false},
		{"both add, different things", "", "./a uid=8", "./a mode=0600", "./a uid=8 mode=0600", false},
		{"same thing", "./a uid=7", "./a uid=8", "./a uid=9", "./a uid=8", true},
		{"mode reset and changed", "./a mode=0600 uid=7", "./a uid=7", "./a mode=0640 uid=7", "./a uid=7", true},
		{"theirs removes what ours changes", "./a uid=7", "./a uid=8", "", "./a uid=8", true},
		{"ours removes what theirs changes", "./a uid=7", "", "./a uid=8", "", true},
		{"another type", "./a type=dir", "./a type=dir uid=7", "./a type=fifo", "./a type=dir uid=7", true},
		{"xattrs are one thing", "", "./a xattr.user.a=", "./a xattr.user.b=", "./a xattr.user.a=", true},
		{"a link and metadata", "", "./b hardlink=./a", "./b uid=7", "./b hardlink=./a", true},
		{"times", "./a time=1.000000000", "./a time=2.000000000", "./a time=1.000000000 uid=7", "./a time=2.000000000 uid=7", false},
		{"theirs forgets", "./a uid=7", "./a uid=7", "./a optional", "./a optional", false},
		{"ours forgets what theirs changes", "", "./a optional", "./a uid=7", "./a optional", true},
		{"devices", "./a type=char device=native,1,1", "./a type=char device=native,1,2", "./a type=char device=native,1,3", "./a type=char device=native,1,2", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			base := parse(t, tt.base)
			before := string(base.Encode())
			merged, conflicts := Merge(base, parse(t, tt.ours), parse(t, tt.theirs))
			if diff := cmp.Diff(string(parse(t, tt.want).Encode()), string(merged.Encode())); diff != "" {
				t.Error(diff)
			}
			if (len(conflicts) > 0) != tt.conflict {
				t.Errorf("conflicts: %q", conflicts)
			}
			if string(base.Encode()) != before {
				t.Error("the base was changed")
			}
		})
	}
}

func TestMergeListsConflicts(t *testing.T) {
	var sides [3]*Spec
	for i, uid := range []string{"1", "2", "3"} {
		sides[i] = parse(t, strings.ReplaceAll("./a-b uid=N\n./a/b uid=N\n./a uid=N type=dir\n", "N", uid))
	}
	_, conflicts := Merge(sides[0], sides[1], sides[2])
	if want := []string{"a", "a/b", "a-b"}; !slices.Equal(conflicts, want) {
		t.Errorf("conflicts are %q, want %q", conflicts, want)
	}
}
