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
	"syscall"

	"github.com/git-devops/git-devops/plumbing/largefile"
	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/plumbing/spool"
)

// convertByGit lets git store the files that it converts. It does so with an
// index of its own, so that nothing is staged when it fails.
func (w *Worktree) convertByGit(ctx context.Context, todo []*candidate) error {
	todo = slices.DeleteFunc(slices.Clone(todo), func(c *candidate) bool { return !c.byGit })
	if len(todo) == 0 {
		return nil
	}
	dir, err := spool.CreateDir(os.TempDir())
	if err != nil {
		return fmt.Errorf("convert files: %w", err)
	}
	defer spool.DropDir(dir)
	index := filepath.Join(dir.Name(), "index")
	if err := copyIndex(w.Repo.IndexFile(), index); err != nil {
		return fmt.Errorf("convert files: %w", err)
	}
	runner := w.Git
	runner.Dir = w.Repo.WorkTree()
	runner.Env = append(w.environ(), "GIT_INDEX_FILE="+index)
	var paths strings.Builder
	for _, c := range todo {
		paths.WriteString(c.path + "\x00")
	}
	if _, err := runner.Run(ctx, strings.NewReader(paths.String()),
		"--literal-pathspecs", "add", "--force", "--pathspec-from-file=-", "--pathspec-file-nul"); err != nil {
		return err
	}
	byPath := make(map[string]*candidate, len(todo))
	for _, c := range todo {
		byPath[c.path] = c
	}
	if err := runner.LsFiles(ctx, []string{"--stage", "--full-name"}, nil, func(record string) error {
		e, err := parseStaged(record)
		if c := byPath[e.Path]; c != nil {
			c.result = e
		}
		return err
	}); err != nil {
		return err
	}
	return w.completeConverted(todo)
}

// copyIndex copies an index, which there may not be yet.
func copyIndex(from, to string) error {
	data, err := os.ReadFile(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o600)
}

// completeConverted gives the entries stat data. None of the files may have
// been changed since it was seen.
func (w *Worktree) completeConverted(todo []*candidate) error {
	for _, c := range todo {
		var now syscall.Stat_t
		err := w.lstat(c.path, &now)
		if err != nil || c.result.Path == "" || repo.StatOf(&now) != repo.StatOf(&c.stat) {
			return fmt.Errorf("%s: %w", c.path, largefile.ErrChanged)
		}
		c.result.Stat = repo.StatOf(&now)
	}
	return nil
}
