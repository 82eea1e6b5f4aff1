// SPDX-License-Identifier: Apache-2.0

package manifests

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// Versions calls fn for each manifest that ever stood at a path which the
// pathspecs match: in the index, and in the history of any ref and reflog. One
// that stood at several of these paths comes once for each.
func Versions(ctx context.Context, r *repo.Repo, g git.Runner, pathspecs []string, fn func(f Found, path string) error) error {
	seen := map[version]bool{}
	note := func(v version) error {
		if seen[v] || !strings.HasPrefix(v.mode, "100") {
			return nil
		}
		seen[v] = true
		f, err := find(r, v.id)
		if err != nil || f == nil {
			return err
		}
		return fn(*f, v.path)
	}
	if err := eachStaged(ctx, g, pathspecs, note); err != nil {
		return err
	}
	return eachCommitted(ctx, g, pathspecs, note)
}

// A version is a blob at a path.
type version struct {
	mode, path string
	id         chunkstore.ID
}

// eachStaged finds the versions of the index, if there is one.
func eachStaged(ctx context.Context, g git.Runner, pathspecs []string, fn func(version) error) error {
	if r, err := g.Run(ctx, nil, "rev-parse", "--is-inside-work-tree"); err != nil || strings.TrimSpace(string(r)) != "true" {
		return err
	}
	return g.LsFiles(ctx, []string{"--stage", "--full-name"}, pathspecs, func(record string) error {
		meta, path, _ := strings.Cut(record, "\t")
		fields := strings.Fields(meta)
		if len(fields) != 3 {
			return fmt.Errorf("read git's output: %q", record)
		}
		return noteVersion(fields[0], fields[1], path, fn)
	})
}

// eachCommitted finds the versions of history. What commits change is asked
// for, and of merges what they change for each parent: a list of objects would
// name each with one path only.
func eachCommitted(ctx context.Context, g git.Runner, pathspecs []string, fn func(version) error) error {
	args := []string{"-c", "log.follow=false", "-c", "log.showSignature=false", "log",
		"--exclude=" + gitstore.HeldRef, "--all", "--reflog", "--full-history", "-m", "--root", "--format=",
		"--raw", "--no-abbrev", "--no-renames", "--no-relative", "--ignore-submodules=all", "-z", "--"}
	var fields []string // of the change whose path is next
	return g.Stream(ctx, nil, slices.Concat(args, pathspecs), func(record []byte) error {
		if fields == nil {
			// :<mode> <mode> <id> <id> <letter>, of before and after
			fields = strings.Fields(strings.TrimPrefix(string(record), ":"))
			if len(fields) != 5 {
				return fmt.Errorf("read git's output: %q", record)
			}
			return nil
		}
		change := fields
		fields = nil
		return noteVersion(change[1], change[3], string(record), fn)
	})
}

func noteVersion(mode, hex, path string, fn func(version) error) error {
	id, err := chunkstore.ParseID(hex)
	if err != nil {
		return fmt.Errorf("read git's output: %w", err)
	}
	return fn(version{mode, path, id})
}
