// SPDX-License-Identifier: Apache-2.0

package repo

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/chunkstore"
)

func TestCommit(t *testing.T) {
	r := newRepo(t)
	tree, err := r.WriteObject("tree", nil)
	if err != nil {
		t.Fatal(err)
	}
	var parents []chunkstore.ID
	for range 3 {
		c := &Commit{Tree: tree, Parents: parents, Author: Author("a host <\n>"), Time: time.Unix(5, 0).UTC(), Message: "subject\n\nbody\n\nA: b\n"}
		id, err := r.WriteObject("commit", c.Encode())
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Commit(id)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c, got); diff != "" {
			t.Errorf("the commit differs (-want +got):\n%s", diff)
		}
		parents = append(parents, id)
	}
	if _, err := r.Commit(tree); err == nil {
		t.Error("a tree is a commit")
	} else if _, ok := errors.AsType[*chunkstore.CorruptError](err); !ok {
		t.Errorf("the error is %v", err)
	}
}

func TestParseCommit(t *testing.T) {
	const tree = "tree 0100000000000000000000000000000000000000\n"
	c, err := parseCommit([]byte(tree + "author A B <a@b> 7 +0200\ncommitter C <> 8 +0000\ngpgsig a\n b\n\nm"))
	if err != nil || c.Author != "A B <a@b>" || c.Time.Unix() != 7 || c.Message != "m" {
		t.Errorf("the commit is %+v, the error %v", c, err)
	}
	for _, bad := range []string{"", tree, "parent x\n\n", tree + tree + "\n", tree + "parent x\n\n", tree + "author\n\n", tree + "author a <b> c\n\n"} {
		if _, err := parseCommit([]byte(bad)); err == nil {
			t.Errorf("%q is a commit", bad)
		}
	}
}

func TestBuildTrees(t *testing.T) {
	r := newRepo(t)
	blob, err := r.WriteObject("blob", nil)
	if err != nil {
		t.Fatal(err)
	}
	trees := BuildTrees([]Entry{{Path: "b", Mode: ModeFile, ID: blob}, {Path: "a/c/d", Mode: ModeLink, ID: blob}, {Path: "a.b", Mode: ModeExecutable, ID: blob}})
	for _, tree := range trees {
		if id, err := r.WriteObject("tree", tree.Body); err != nil || id != tree.ID {
			t.Fatalf("the tree is %v, not %v: %v", id, tree.ID, err)
		}
	}
	var got []string
	for _, f := range treeFiles(t, r, "", trees[len(trees)-1].ID) {
		got = append(got, f.Name)
	}
	if diff := cmp.Diff([]string{"a.b", "a/c/d", "b"}, got); diff != "" {
		t.Errorf("the tree differs (-want +got):\n%s", diff)
	}
}
