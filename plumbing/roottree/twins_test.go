// SPDX-License-Identifier: Apache-2.0

package roottree

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/plumbing/mtree"
)

func TestTwins(t *testing.T) {
	tree := loadFiles(t, newRepo(t), map[string]file{
		"etc/Motd": plain(""), "etc/motd": plain(""), "etc/motD": plain(""), "etc/other": plain(""),
		"usr/A/x": plain(""), "usr/a/X": plain(""), "Usr": plain(""), "srv/ÄPFEL": plain(""), "srv/äpfel": plain(""),
		"srv/K": plain(""), "srv/\u212a": plain(""), "srv/\xff": plain(""), "srv/\xfe": plain(""),
		"dev/Null": plain(""), ".Devops": plain(""),
		mtree.Path: plain("#mtree\n./dev/null type=fifo\n./run/lock type=dir\n./run/LOCK type=dir\n"),
	})
	want := []Twins{
		{"Usr", "usr"}, {"dev/Null", "dev/null"}, {"etc/Motd", "etc/motD"}, {"etc/motD", "etc/motd"}, {"run/LOCK", "run/lock"},
		{"srv/K", "srv/\u212a"}, {"srv/ÄPFEL", "srv/äpfel"}, {"usr/A", "usr/a"},
	}
	if diff := cmp.Diff(want, tree.Twins()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
