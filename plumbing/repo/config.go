// SPDX-License-Identifier: Apache-2.0

package repo

import (
	"fmt"
	"os"
	"path/filepath"

	git "github.com/libgit2/git2go/v34"
)

// Config returns the value of a configuration key, the last one where it is
// given several times, from the system's, the user's, the repository's and the
// work tree's files. What comes on git's command line (-c, which git hands on
// in GIT_CONFIG_PARAMETERS) and from GIT_CONFIG_* variables is not seen: use
// package git for keys where that matters.
func (r *Repo) Config(key string) (value string, ok bool, err error) {
	value, err = r.config.LookupString(key)
	return value, err == nil, configError(key, err)
}

// ConfigInt returns a number, which may carry git's suffixes k, m and g, or
// def when the key is not set.
func (r *Repo) ConfigInt(key string, def int64) (int64, error) {
	n, err := r.config.LookupInt64(key)
	if err != nil {
		return def, configError(key, err)
	}
	return n, nil
}

// ConfigBool returns a boolean in any of git's spellings, or def when the key
// is not set.
func (r *Repo) ConfigBool(key string, def bool) (bool, error) {
	b, err := r.config.LookupBool(key)
	if err != nil {
		return def, configError(key, err)
	}
	return b, nil
}

func configError(key string, err error) error {
	if err == nil || isCode(err, git.ErrorCodeNotFound) {
		return nil
	}
	return fmt.Errorf("read configuration %s: %w", key, err)
}

// addWorktreeConfig adds the work tree's own configuration file, which this
// libgit2 does not know, above the others.
func (r *Repo) addWorktreeConfig() error {
	on, err := r.ConfigBool("extensions.worktreeconfig", false)
	if err != nil || !on {
		return err
	}
	path := filepath.Join(r.gitDir, "config.worktree")
	if _, err := os.Stat(path); err != nil {
		return nil
	}
	if err := r.config.AddFile(path, git.ConfigLevelApp, false); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}
