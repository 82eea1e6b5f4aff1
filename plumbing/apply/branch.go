// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// A treeChange is a path at which two commits' trees differ. A side without the
// path has mode 0.
type treeChange struct {
	path             string
	oldMode, newMode uint32
	oldID, newID     chunkstore.ID
}

// follow moves the host's branch and its index from old, zero for no commit
// yet, to target, a descendant. What is staged stays staged.
func (e *Engine) follow(ctx context.Context, old, target chunkstore.ID) error {
	// A run that was killed here may have brought the index to another commit.
	attempts, err := e.attempts()
	if err != nil {
		return err
	}
	// The index first: when this dies before the branch has moved, the same is
	// done again.
	err = e.Work.Repo.UpdateIndex(ctx, func(tx *repo.IndexTx) error {
		stage := func(c treeChange) error { return stage(tx, c) }
		for _, from := range attempts {
			e.treeChanges(ctx, from, target, stage) // it may be gone
		}
		return e.treeChanges(ctx, old, target, stage)
	})
	if err != nil {
		return err
	}
	return e.Work.Repo.SwapBranch(e.Host.Branch(), old, target, "devops apply: fast-forward")
}

// stage brings one path of the index along, unless something else is staged
// there.
func stage(tx *repo.IndexTx, c treeChange) error {
	i, ok := tx.Index().Find(c.path)
	if ok {
		entry := tx.Index().Entries[i]
		if entry.Stage != 0 || entry.ID != c.oldID || entry.Mode != c.oldMode {
			return nil
		}
	} else if c.oldMode != 0 {
		return nil // it is staged for removal
	}
	if c.newMode == 0 {
		tx.Remove(c.path)
		return nil
	}
	return tx.Set(repo.Entry{
		Path: c.path, Mode: c.newMode, ID: c.newID, SkipWorktree: node.IsControl(c.path),
	})
}

// treeChanges calls fn for each path at which the trees of two commits differ.
func (e *Engine) treeChanges(ctx context.Context, old, target chunkstore.ID, fn func(treeChange) error) error {
	from := cmp.Or(old, chunkstore.EmptyTree).String()
	var raw string
	args := []string{"diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", from, target.String()}
	return e.Work.Git.Stream(ctx, nil, args, func(record []byte) error {
		if raw == "" {
			raw = string(record)
			return nil
		}
		c, err := parseChange(raw, string(record))
		raw = ""
		if err != nil {
			return err
		}
		return fn(c)
	})
}

// parseChange reads ":<mode> <mode> <id> <id> <letter>" of git diff-tree.
func parseChange(raw, path string) (treeChange, error) {
	c := treeChange{path: path}
	fields := strings.Fields(strings.TrimPrefix(raw, ":"))
	if len(fields) != 5 {
		return c, fmt.Errorf("read git's output: %q", raw)
	}
	for i, mode := range []*uint32{&c.oldMode, &c.newMode} {
		n, err := strconv.ParseUint(fields[i], 8, 32)
		if err != nil {
			return c, fmt.Errorf("read git's output: %w", err)
		}
		*mode = uint32(n)
	}
	for i, id := range []*chunkstore.ID{&c.oldID, &c.newID} {
		var err error
		if *id, err = chunkstore.ParseID(fields[2+i]); err != nil {
			return c, fmt.Errorf("read git's output: %w", err)
		}
	}
	return c, nil
}
