// SPDX-License-Identifier: Apache-2.0

package manifests

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/chunkstore"
)

func TestAdded(t *testing.T) {
	dir := t.TempDir()
	runGit(t, dir, "init", "-q", "-b", "main")
	head := func() chunkstore.ID {
		id, err := chunkstore.ParseID(runGit(t, dir, "rev-parse", "HEAD"))
		must(t, err)
		return id
	}
	commit(t, dir, "dir/first", "first")
	first := head()
	runGit(t, dir, "update-ref", "refs/remotes/origin/main", first.String())
	commit(t, dir, "second", "second")
	second := head()
	commit(t, dir, "with space", "third")
	runGit(t, dir, "rm", "-q", "second")
	runGit(t, dir, "commit", "-qm", "removed")
	last := head()
	r, g := openRepo(t, dir)
	nowhere := chunkstore.BlobID([]byte("not a commit that is here"))
	cases := []struct {
		name        string
		tips, known []chunkstore.ID
		patterns    []string
		want        []string
	}{
		{"everything", []chunkstore.ID{last}, nil, nil, []string{"first dir/first", "second second", "third with space"}},
		{"after a commit", []chunkstore.ID{last}, []chunkstore.ID{second, nowhere}, nil, []string{"third with space"}},
		{"after a remote", []chunkstore.ID{last}, nil, []string{"origin"}, []string{"second second", "third with space"}},
		{"another remote", []chunkstore.ID{first}, nil, []string{"other"}, []string{"first dir/first"}},
		{"nothing", []chunkstore.ID{first}, []chunkstore.ID{second}, nil, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			must(t, Added(t.Context(), r, g, c.tips, c.known, c.patterns, func(f Found, path string) error {
				for _, content := range []string{"first", "second", "third"} {
					if f.ID == idOf(content) {
						got = append(got, fmt.Sprint(content, " ", path))
					}
				}
				return nil
			}))
			slices.Sort(got)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if err := Added(t.Context(), r, g, []chunkstore.ID{nowhere}, nil, nil, nil); err == nil {
		t.Error("a tip that is not here was taken")
	}
}
