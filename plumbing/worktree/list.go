// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/plumbing/spool"
)

// largeEntries returns the entries of a tree-ish, or of the index for "", that
// may be large files: those whose filter attribute is ours; on a host all of
// them. The attributes of a tree are its own: git takes them from an index that
// was read from it, with an empty work tree.
func (w *Worktree) largeEntries(ctx context.Context, tree string, pathspecs []string) ([]repo.Entry, error) {
	runner := w.Git
	if tree != "" {
		id, err := w.Repo.ResolveTree(tree)
		if err != nil {
			return nil, err
		}
		dir, err := spool.CreateDir(os.TempDir())
		if err != nil {
			return nil, fmt.Errorf("read tree: %w", err)
		}
		defer spool.DropDir(dir)
		empty := filepath.Join(dir.Name(), "tree")
		if err := os.Mkdir(empty, 0o700); err != nil {
			return nil, fmt.Errorf("read tree: %w", err)
		}
		runner.Dir = empty
		runner.Env = append(w.environ(),
			"GIT_DIR="+w.Repo.GitDir(), "GIT_WORK_TREE="+empty, "GIT_INDEX_FILE="+filepath.Join(dir.Name(), "index"))
		if _, err := runner.Run(ctx, nil, "read-tree", id.String()); err != nil {
			return nil, err
		}
		if pathspecs, err = w.fromTop(pathspecs); err != nil {
			return nil, err
		}
	}
	wanted, err := matching(ctx, runner, pathspecs)
	if err != nil {
		return nil, err
	}
	eligible := ":(top,attr:filter=" + FilterName + ")"
	if w.Host {
		eligible = ":(top)"
	}
	var entries []repo.Entry
	err = runner.LsFiles(ctx, []string{"--stage", "--full-name"}, []string{eligible},
		func(record string) error {
			e, err := parseStaged(record)
			if err == nil && (wanted == nil || wanted[e.Path]) {
				entries = append(entries, e)
			}
			return err
		})
	return entries, err
}

// matching returns the indexed paths that pathspecs match, nil for all.
func matching(ctx context.Context, runner interface {
	LsFiles(ctx context.Context, args, pathspecs []string, fn func(record string) error) error
}, pathspecs []string) (map[string]bool, error) {
	if len(pathspecs) == 0 {
		return nil, nil
	}
	wanted := map[string]bool{}
	err := runner.LsFiles(ctx, []string{"--cached", "--full-name", "--error-unmatch"}, pathspecs, func(path string) error {
		wanted[path] = true
		return nil
	})
	return wanted, err
}

// parseStaged reads a line of git ls-files --stage: mode, id, stage, path.
func parseStaged(record string) (e repo.Entry, err error) {
	meta, path, _ := strings.Cut(record, "\t")
	fields := strings.Fields(meta)
	if len(fields) != 3 {
		return e, fmt.Errorf("read git's output: %q", record)
	}
	mode, err := strconv.ParseUint(fields[0], 8, 32)
	if err != nil {
		return e, fmt.Errorf("read git's output: %w", err)
	}
	id, err := chunkstore.ParseID(fields[1])
	return repo.Entry{Path: path, Mode: uint32(mode), ID: id}, err
}

// fromTop makes plain pathspecs relative to the top of the work tree.
func (w *Worktree) fromTop(pathspecs []string) ([]string, error) {
	top := make([]string, len(pathspecs))
	for i, spec := range pathspecs {
		top[i] = spec
		if strings.HasPrefix(spec, ":") || w.Repo.WorkTree() == "" {
			continue
		}
		rel, err := w.relative(spec)
		if err != nil {
			return nil, err
		}
		top[i] = rel
	}
	return top, nil
}

func (w *Worktree) environ() []string {
	if w.Git.Env != nil {
		return w.Git.Env[:len(w.Git.Env):len(w.Git.Env)]
	}
	return os.Environ()
}
