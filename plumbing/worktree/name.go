// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/lockfile"
	"github.com/git-devops/git-devops/plumbing/packfile"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// A naming is the .gitattributes at the top of the work tree with a line for
// each of some large files. It is locked until close, so that of several adds
// at once none loses the line of another, and the last one to write it is the
// last one to stage it.
type naming struct {
	unlock func()     // nil: no line is wanting
	file   *candidate // to be staged
	undo   func() error
}

func (n naming) close() {
	if n.unlock != nil {
		n.unlock()
	}
}

// nameLargeFiles writes a line for each large file that no attribute names. A
// line that a call before this one has written, which was killed, is staged,
// too.
func (w *Worktree) nameLargeFiles(ctx context.Context, index *repo.Index, todo []*candidate) (n naming, err error) {
	var patterns, named []string
	for _, c := range todo {
		if c.large && !c.named {
			patterns = append(patterns, patternOf(c.path))
		} else if c.large {
			named = append(named, patternOf(c.path))
		}
	}
	if len(patterns) == 0 && !w.leftUnstaged(index, named) {
		return naming{}, nil
	}
	if n.unlock, err = w.lockAttributes(ctx); err != nil {
		return naming{}, err
	}
	path := w.abs(AttributesFile)
	before, readErr := os.ReadFile(path)
	n.undo = func() error {
		switch {
		case len(patterns) == 0:
			return nil
		case errors.Is(readErr, fs.ErrNotExist):
			return os.Remove(path)
		}
		return w.replaceFile(path, before)
	}
	if _, err := w.track(w.Repo.WorkTree(), patterns, false); err != nil {
		n.close()
		return naming{}, err
	}
	n.file, err = w.lookAt(w.lstat, &repo.Index{}, AttributesFile)
	if err != nil {
		err = errors.Join(err, n.undo())
		n.close()
	}
	return n, err
}

// stageNames adds .gitattributes to what is staged.
func (w *Worktree) stageNames(ctx context.Context, batch *gitstore.Batch, todo []*candidate, n naming) ([]*candidate, error) {
	file := []*candidate{n.file}
	if err := w.classify(ctx, file, largeFileNever); err != nil {
		return nil, err
	}
	r := &reader{w: w, batch: batch, count: 1}
	if n.file.byGit {
		if err := w.convertByGit(ctx, file); err != nil {
			return nil, err
		}
	} else if err := r.small(packfile.NewEncoder(), n.file); err != nil {
		return nil, err
	}
	todo = slices.DeleteFunc(todo, func(c *candidate) bool { return c.path == AttributesFile })
	return append(todo, n.file), nil
}

// largeFileNever is a size that no file has.
const largeFileNever = 1<<63 - 1

// lockAttributes waits until no other process of ours writes .gitattributes.
func (w *Worktree) lockAttributes(ctx context.Context) (unlock func(), err error) {
	unlock, err = lockfile.Wait(ctx, filepath.Join(w.Repo.GitDir(), "devops", "attributes.flock"))
	if err != nil {
		return nil, fmt.Errorf("lock attributes: %w", err)
	}
	return unlock, nil
}

// leftUnstaged tells whether one of the patterns has a line in .gitattributes
// that the index does not have.
func (w *Worktree) leftUnstaged(index *repo.Index, patterns []string) bool {
	if len(patterns) == 0 {
		return false
	}
	lines, err := readLines(w.abs(AttributesFile))
	if err != nil {
		return false
	}
	left := make(map[string]bool, len(lines))
	for _, line := range lines {
		left[line] = true
	}
	if i, ok := index.Find(AttributesFile); ok {
		if _, data, err := w.Repo.Object(index.Entries[i].ID); err == nil {
			for line := range strings.Lines(string(data)) {
				delete(left, strings.TrimSuffix(line, "\n"))
			}
		}
	}
	return slices.ContainsFunc(patterns, func(p string) bool { return left[attributeLine(p)] })
}
