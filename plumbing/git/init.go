// SPDX-License-Identifier: Apache-2.0

package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// unborn is where a repository is made before it moves to its place.
const unborn = ".git-devops-init"

// Init makes a repository in dir, which need not exist, or leaves the one that
// is there as it is. A relative dir is taken from the runner's.
func (r Runner) Init(ctx context.Context, dir string) error {
	_, err := r.Run(ctx, nil, "init", "-q", "--", dir)
	return err
}

// Create makes a repository in dir, an absolute path, where none is. It appears
// in one step: git init that is killed would leave a half, with locks that the
// next one stumbles over. The environment must have no GIT_DIR.
func (r Runner) Create(ctx context.Context, dir string) error {
	made := filepath.Join(dir, unborn)
	err := os.RemoveAll(made)
	if err == nil {
		err = r.Init(ctx, made)
	}
	if err == nil {
		err = os.Rename(filepath.Join(made, ".git"), filepath.Join(dir, ".git"))
	}
	if err := errors.Join(err, os.RemoveAll(made)); err != nil {
		return fmt.Errorf("create repository in %s: %w", dir, err)
	}
	return nil
}

// ClearCreate removes from dir what a Create that was killed has left.
func ClearCreate(dir string) error {
	if err := os.RemoveAll(filepath.Join(dir, unborn)); err != nil {
		return fmt.Errorf("clear %s: %w", dir, err)
	}
	return nil
}
