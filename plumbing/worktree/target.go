// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// A target is a large file to be written.
type target struct {
	entry    repo.Entry // what the index will say
	manifest *chunkstore.Manifest
	text     []byte // the manifest as it is stored
	err      error  // why there is no manifest

	old    *chunkstore.Manifest // of what is there now, when that is known
	seen   repo.Stat            // of what is there, zero for nothing
	needed bool                 // the file must be written
	done   bool
}

func (t *target) size() int64 {
	if t.manifest == nil {
		return 0
	}
	return t.manifest.Size
}

// targets lists the large files that are meant, sorted by path.
func (w *Worktree) targets(ctx context.Context, index *repo.Index, o CheckoutOptions) ([]*target, error) {
	entries := map[string]repo.Entry{}
	if err := w.indexed(ctx, index, o.Pathspecs, o.Tree != "", entries); err != nil {
		return nil, err
	}
	if o.Tree != "" {
		if err := w.changedIn(ctx, o.Tree, o.Pathspecs, entries); err != nil {
			return nil, err
		}
		if len(entries) == 0 { // a path that neither has is a mistake
			if err := w.indexed(ctx, index, o.Pathspecs, false, entries); err != nil {
				return nil, err
			}
		}
	}
	targets := make([]*target, 0, len(entries))
	for _, e := range entries {
		if i, ok := index.Find(e.Path); ok && index.Entries[i].SkipWorktree {
			continue // outside of the sparse checkout
		}
		if err := checkPath(e.Path); err != nil {
			return nil, err
		}
		if t := w.target(e); t != nil {
			targets = append(targets, t)
		}
	}
	slices.SortFunc(targets, func(a, b *target) int { return compare(a.entry.Path, b.entry.Path) })
	return targets, nil
}

// target returns nil when the entry is no large file.
func (w *Worktree) target(e repo.Entry) *target {
	if e.Mode != repo.ModeFile && e.Mode != repo.ModeExecutable {
		return nil
	}
	text, ok, err := w.Repo.Manifest(e.ID)
	if err != nil {
		return &target{entry: e, err: err}
	}
	if !ok {
		return nil
	}
	m, err := chunkstore.ParseManifest(text)
	return &target{entry: e, manifest: m, text: text, err: err}
}

// indexed adds the tracked large files of the index that match. Unless it is
// lenient, a pathspec that matches nothing is an error.
func (w *Worktree) indexed(ctx context.Context, index *repo.Index, pathspecs []string, lenient bool, into map[string]repo.Entry) error {
	tracked, err := w.tracked(ctx)
	if err != nil {
		return err
	}
	add := func(path string) error {
		if i, ok := index.Find(path); ok && tracked[path] && index.Entries[i].Stage == 0 {
			into[path] = index.Entries[i]
		}
		return nil
	}
	if len(pathspecs) > 0 {
		args := []string{"--cached", "--full-name"}
		if !lenient {
			args = append(args, "--error-unmatch")
		}
		return w.Git.LsFiles(ctx, args, pathspecs, add)
	}
	for path := range tracked {
		_ = add(path)
	}
	return nil
}

// changedIn takes the entries that a tree has in another version.
func (w *Worktree) changedIn(ctx context.Context, tree string, pathspecs []string, into map[string]repo.Entry) error {
	id, err := w.Repo.ResolveTree(tree)
	if err != nil {
		return err
	}
	args := []string{"diff-index", "--cached", "-z", "--no-renames", "-R", "--full-index", id.String(), "--"}
	var e repo.Entry
	return w.Git.Stream(ctx, nil, append(args, pathspecs...), func(record []byte) error {
		if record[0] == ':' { // -R: from the index to the tree
			fields := bytes.Fields(record[1:])
			mode, err := strconv.ParseUint(string(fields[1]), 8, 32)
			if err != nil {
				return fmt.Errorf("read git's output: %w", err)
			}
			e = repo.Entry{Mode: uint32(mode)}
			e.ID, err = chunkstore.ParseID(string(fields[3]))
			return err
		}
		e.Path = string(record)
		delete(into, e.Path)
		if e.Mode != 0 {
			into[e.Path] = e
		}
		return nil
	})
}

func compare(a, b string) int { return bytes.Compare([]byte(a), []byte(b)) }
