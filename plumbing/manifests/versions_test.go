// SPDX-License-Identifier: Apache-2.0

package manifests

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/chunkstore"
)

// versions returns what Versions finds, as contents with paths.
func versions(t *testing.T, dir string, known []string, pathspecs ...string) []string {
	t.Helper()
	r, g := openRepo(t, dir)
	contents := map[chunkstore.ID]string{}
	for _, content := range known {
		contents[idOf(content)] = content
	}
	var found []string
	must(t, Versions(t.Context(), r, g, pathspecs, func(f Found, path string) error {
		found = append(found, fmt.Sprintf("%s at %q", contents[f.ID], path))
		return f.Err
	}))
	slices.Sort(found)
	return found
}

func TestVersions(t *testing.T) {
	dir, known := everywhere(t)
	runGit(t, dir, "config", "log.follow", "true")
	runGit(t, dir, "config", "diff.renames", "copies")
	atFile := []string{
		`HEAD of another work tree at "sub/file"`, `annotated tag at "sub/file"`, `branch at "sub/file"`,
		`newest stash at "sub/file"`, `older commit at "sub/file"`, `older stash at "sub/file"`, `reflog at "sub/file"`,
	}
	for _, c := range []struct {
		name      string
		dir       string
		pathspecs []string
		want      []string
	}{
		{"a path", dir, []string{"sub/file"}, atFile},
		{"relative", filepath.Join(dir, "sub"), []string{"file"}, atFile},
		{"not in the index", dir, []string{"merged"}, []string{`remote at "merged/file"`}},
		{"an odd name", dir, []string{"a*"}, []string{`index, odd name at "a\n b"`}},
		{"nothing", dir, []string{"none"}, nil},
		{"inside of .git", filepath.Join(dir, ".git"), []string{"merged"}, []string{`remote at "merged/file"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, versions(t, c.dir, known, c.pathspecs...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestVersionsOfMerges(t *testing.T) {
	dir := t.TempDir()
	runGit(t, dir, "init", "-qb", "main")
	commit(t, dir, "one", "first")
	runGit(t, dir, "checkout", "-qb", "side")
	commit(t, dir, "one", "given up")
	commit(t, dir, "other", "first")
	runGit(t, dir, "checkout", "-q", "main")
	commit(t, dir, "one", "second")
	runGit(t, dir, "merge", "-q", "-s", "ours", "--no-commit", "side")
	commit(t, dir, "one", "made by the merge")
	runGit(t, dir, "branch", "-qD", "side")
	runGit(t, dir, "reflog", "expire", "--expire=now", "--all")
	want := []string{`first at "one"`, `first at "other"`, `given up at "one"`, `made by the merge at "one"`, `second at "one"`}
	known := []string{"first", "given up", "made by the merge", "second"}
	if diff := cmp.Diff(want, versions(t, dir, known, "o*")); diff != "" {
		t.Error(diff)
	}
}
