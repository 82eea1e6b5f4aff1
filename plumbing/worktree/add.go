// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"context"
	"errors"
)

// AddOptions say what Add stages.
type AddOptions struct {
	Pathspecs []string // relative to the directory of Worktree.Git
	LargeFile int64    // files of at least so many bytes are large
	DryRun    bool
	Force     bool // also ignored files
	Spill     *Spill
	// Begin is told how many bytes will be read, before any is.
	Begin func(bytes int64)
	// Progress is told the number of bytes just read.
	Progress func(n int64)
	// Report is called for each path that is staged, or would be.
	Report func(Added)
}

// Added is one path that Add stages.
type Added struct {
	Path    string
	Size    int64
	Large   bool
	Removed bool
	Stored  int64 // bytes of chunks that were not held yet; large files only
}

// ErrIgnored says that a path named is ignored.
var ErrIgnored = errors.New("is ignored by one of your .gitignore files")

// ErrNoMatch says that a pathspec matches nothing.
var ErrNoMatch = errors.New("did not match any files")

// Add brings the files that match the pathspecs into the index: large ones as
// manifests, whose chunks are durable and held when it returns, small ones as
// git would. A large file that no attribute names gets a line in the
// .gitattributes at the top, which is staged too. Files that are gone are
// removed from the index.
//
// After an error nothing is staged, but for repo.ErrNotSynced, when all is. It
// returns ErrNoMatch or ErrIgnored for a pathspec, ErrChanged of package
// largefile for a file that was written to meanwhile, and repo.ErrBusy when
// another process holds the index.
func (w *Worktree) Add(ctx context.Context, o AddOptions) error {
	index, err := w.Repo.ReadIndex()
	if err != nil {
		return err
	}
	todo, err := w.candidates(ctx, index, o)
	if err != nil {
		return err
	}
	if err := w.classify(ctx, todo, o.LargeFile); err != nil {
		return err
	}
	if o.DryRun {
		report(todo, o.Report)
		return nil
	}
	if len(todo) == 0 {
		return nil
	}
	return w.stage(ctx, index, todo, o)
}

func report(todo []*candidate, fn func(Added)) {
	if fn == nil {
		return
	}
	for _, c := range todo {
		if c.unchanged() {
			continue // its stat data had to be told to the index, no more
		}
		fn(Added{Path: c.path, Size: c.stat.Size, Large: c.large, Removed: c.gone, Stored: c.stored})
	}
}
