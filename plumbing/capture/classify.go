// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"bytes"
	"context"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/worktree"
)

// classify decides which files are large. Those that an attribute calls so
// stay large, or a clone would take them for changed.
func (r *run) classify(ctx context.Context) error {
	named, err := r.namedLarge(ctx)
	if err != nil {
		return err
	}
	for i := range r.todo {
		c := &r.todo[i]
		if c.kind() == unix.S_IFREG {
			c.named = named[c.path]
			c.large = c.named || c.id.Size >= r.o.LargeFile
		}
	}
	return nil
}

// namedLarge returns the candidates that the attributes in the index call
// large.
func (r *run) namedLarge(ctx context.Context) (map[string]bool, error) {
	attributes, err := r.control(r.index, worktree.AttributesFile)
	if err != nil || !bytes.Contains(attributes, []byte("filter=")) {
		return nil, err
	}
	named := map[string]bool{}
	files := func(yield func(string) bool) {
		for i := range r.todo {
			if c := &r.todo[i]; c.kind() == unix.S_IFREG && !yield(c.path) {
				return
			}
		}
	}
	runner := r.Git
	runner.Dir = r.Repo.GitDir()
	err = runner.CheckAttr(ctx, []string{"--cached", "filter"}, files, func(path, _, value string) error {
		if value == worktree.FilterName {
			named[path] = true
		}
		return nil
	})
	return named, err
}
