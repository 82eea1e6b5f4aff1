// SPDX-License-Identifier: Apache-2.0

package repo

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	git "github.com/libgit2/git2go/v34"
)

// Config returns the value of a configuration key, the last one where it is
// given several times, from the system's, the user's, the repository's and the
// work tree's files. Options.Config counts before them.
func (r *Repo) Config(key string) (value string, ok bool, err error) {
	if value, ok := r.configs[strings.ToLower(key)]; ok {
		return value, true, nil
	}
	value, err = r.config.LookupString(key)
	return value, err == nil, configError(key, err)
}

// ConfigInt returns a number, which may carry git's suffixes k, m and g, or
// def when the key is not set.
func (r *Repo) ConfigInt(key string, def int64) (int64, error) {
	if value, ok := r.configs[strings.ToLower(key)]; ok {
		n, err := parseInt(value)
		return n, configError(key, err)
	}
	n, err := r.config.LookupInt64(key)
	if err != nil {
		return def, configError(key, err)
	}
	return n, nil
}

// ConfigBool returns a boolean in any of git's spellings, or def when the key
// is not set.
func (r *Repo) ConfigBool(key string, def bool) (bool, error) {
	if value, ok := r.configs[strings.ToLower(key)]; ok {
		b, err := parseBool(value)
		return b, configError(key, err)
	}
	b, err := r.config.LookupBool(key)
	if err != nil {
		return def, configError(key, err)
	}
	return b, nil
}

// parseInt reads a number with git's suffixes.
func parseInt(value string) (int64, error) {
	digits := strings.TrimRight(value, "kKmMgG")
	shift, ok := map[string]int{"": 0, "k": 10, "m": 20, "g": 30}[strings.ToLower(value[len(digits):])]
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || !ok || n<<shift>>shift != n {
		return 0, fmt.Errorf("'%s' is not a number", value)
	}
	return n << shift, nil
}

func parseBool(value string) (bool, error) {
	switch strings.ToLower(value) {
	case "true", "yes", "on":
		return true, nil
	case "false", "no", "off", "":
		return false, nil
	}
	n, err := parseInt(value)
	if err != nil {
		return false, fmt.Errorf("'%s' is not a boolean", value)
	}
	return n != 0, nil
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
