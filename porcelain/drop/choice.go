// SPDX-License-Identifier: Apache-2.0

package drop

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/manifests"
	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain/ui"
)

type idList = []chunkstore.ID

// A choice is what the arguments choose.
type choice struct {
	files  []worktree.LargeFile
	chunks map[chunkstore.ID]*chunk // all of these files
	order  idList
}

// A chunk of a choice.
type chunk struct {
	length int64 // 0 when it is not known
	shared bool  // a file that was not chosen needs it
	held   bool
	stays  bool // it was not dropped
}

func choose(ctx context.Context, w *worktree.Worktree, o options) (*choice, error) {
	c := &choice{chunks: map[chunkstore.ID]*chunk{}}
	switch {
	case o.unused:
		return c, c.addUnused(ctx, w)
	case o.allVersions && len(o.paths) == 0:
		return c, c.addAll(ctx, w)
	case o.allVersions:
		return c, errors.Join(c.addVersions(ctx, w, o.paths), c.markShared(ctx, w, o))
	}
	rev := o.rev
	if rev == "" && w.Repo.WorkTree() == "" {
		rev = "HEAD"
	}
	err := w.List(ctx, rev, o.paths, func(f worktree.LargeFile) error {
		c.addFile(f)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return c, c.markShared(ctx, w, o)
}

func (c *choice) addFile(f worktree.LargeFile) {
	c.files = append(c.files, f)
	if f.Manifest == nil {
		return
	}
	for _, p := range f.Manifest.Pieces {
		if !p.Hole {
			c.add(p.ID, p.Length)
		}
	}
}

// addAll chooses every version of every file. Nothing that is not chosen can
// need their chunks.
func (c *choice) addAll(ctx context.Context, w *worktree.Worktree) error {
	return manifests.Each(ctx, w.Repo, w.Git, func(f manifests.Found) error {
		c.addFile(worktree.LargeFile{Path: f.ID.String(), Manifest: f.Manifest, Err: f.Err})
		return nil
	})
}

// addVersions chooses every version of some files, also of those that are gone
// from the index.
func (c *choice) addVersions(ctx context.Context, w *worktree.Worktree, paths []string) error {
	err := manifests.Versions(ctx, w.Repo, w.Git, paths, func(f manifests.Found, path string) error {
		c.addFile(worktree.LargeFile{Path: path, Manifest: f.Manifest, Err: f.Err})
		return nil
	})
	if err == nil && len(c.files) == 0 {
		err = fmt.Errorf("no version of a large file matches %s", ui.Path(strings.Join(paths, " ")))
	}
	slices.SortStableFunc(c.files, func(a, b worktree.LargeFile) int { return strings.Compare(a.Path, b.Path) })
	return err
}

func (c *choice) add(id chunkstore.ID, length int64) {
	if c.chunks[id] == nil {
		c.chunks[id] = &chunk{length: length}
		c.order = append(c.order, id)
	}
}

// markShared finds the chunks that files of the index and of HEAD need which
// were not chosen. Another version of a chosen file was not chosen either when
// the versions of some revision were.
func (c *choice) markShared(ctx context.Context, w *worktree.Worktree, o options) error {
	chosen := map[string][32]byte{}
	for _, f := range c.files {
		if f.Manifest != nil {
			chosen[f.Path] = f.Manifest.SHA256
		}
	}
	mark := func(f worktree.LargeFile) error {
		if sum, ok := chosen[f.Path]; ok && (o.rev == "" || f.Manifest != nil && sum == f.Manifest.SHA256) {
			return nil
		}
		if f.Err != nil {
			return fmt.Errorf("cannot tell what '%s' needs: %w", ui.Path(f.Path), f.Err)
		}
		for _, p := range f.Manifest.Pieces {
			if c.chunks[p.ID] != nil {
				c.chunks[p.ID].shared = true
			}
		}
		return nil
	}
	if w.Repo.WorkTree() != "" {
		if err := w.List(ctx, "", nil, mark); err != nil {
			return err
		}
	}
	err := w.List(ctx, "HEAD", nil, mark)
	if errors.Is(err, repo.ErrNotFound) {
		err = nil // no commit yet
	}
	return err
}

// addUnused chooses what is held and named by no manifest. What is held is
// listed first: what is added meanwhile is in neither list, or in both.
func (c *choice) addUnused(ctx context.Context, w *worktree.Worktree) error {
	err := w.Store.EachHeld(func(id chunkstore.ID) error {
		c.add(id, 0)
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	return c.removeUsed(ctx, w)
}

// removeUsed takes out what a manifest names.
func (c *choice) removeUsed(ctx context.Context, w *worktree.Worktree) error {
	err := manifests.Each(ctx, w.Repo, w.Git, func(f manifests.Found) error {
		if f.Err != nil {
			return fmt.Errorf("cannot tell what manifest %s needs: %w", f.ID, f.Err)
		}
		for _, p := range f.Manifest.Pieces {
			delete(c.chunks, p.ID)
		}
		return nil
	})
	var unused idList
	for _, id := range c.order {
		if c.chunks[id] != nil {
			unused = append(unused, id)
		}
	}
	c.order = unused
	return err
}

// held returns the chunks to drop, in the order of the files.
func (c *choice) held(ctx context.Context, w *worktree.Worktree) (ids idList, err error) {
	for _, id := range c.order {
		chunk := c.chunks[id]
		if chunk.held, err = w.Store.Has(ctx, id); err != nil {
			return nil, err
		}
		if chunk.held && !chunk.shared {
			chunk.stays = true // until it is dropped
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// unreadable returns how many files have manifests that cannot be read.
func (c *choice) unreadable() (n int) {
	for _, f := range c.files {
		if f.Err != nil {
			n++
		}
	}
	return n
}

// covers tells whether all of ids may still be dropped.
func (c *choice) covers(ids idList) bool {
	for _, id := range ids {
		if chunk := c.chunks[id]; chunk == nil || chunk.shared {
			return false
		}
	}
	return true
}
