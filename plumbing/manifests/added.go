// SPDX-License-Identifier: Apache-2.0

package manifests

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// Added calls fn once for each manifest that tips lead to and none of known
// does, with a path that it stands at. Of known, those that are not here count
// for nothing. Patterns are of remote-tracking refs, as git's --remotes takes
// them, that are known, too.
func Added(ctx context.Context, r *repo.Repo, g git.Runner, tips, known []chunkstore.ID, patterns []string, fn func(f Found, path string) error) error {
	in, err := revisions(r, tips, known)
	if err != nil {
		return err
	}
	args := []string{"rev-list", "--objects", "--filter=object:type=blob", "--filter-provided-objects", "--stdin"}
	if len(patterns) > 0 {
		args = append(args, "--not")
	}
	for _, p := range patterns {
		args = append(args, "--remotes="+p)
	}
	return g.Lines(ctx, in, args, func(line []byte) error {
		hex, path, _ := strings.Cut(string(line), " ")
		id, err := chunkstore.ParseID(hex)
		if err != nil {
			return fmt.Errorf("read git's output: %w", err)
		}
		f, err := find(r, id)
		if err != nil || f == nil {
			return err
		}
		return fn(*f, path)
	})
}

// revisions writes what rev-list reads.
func revisions(r *repo.Repo, tips, known []chunkstore.ID) (*bytes.Buffer, error) {
	var in bytes.Buffer
	for _, id := range tips {
		fmt.Fprintf(&in, "%s\n", id)
	}
	for _, id := range known {
		has, err := r.Has(id)
		if err != nil {
			return nil, err
		}
		if has {
			fmt.Fprintf(&in, "^%s\n", id)
		}
	}
	return &in, nil
}
