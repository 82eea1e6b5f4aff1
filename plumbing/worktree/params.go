// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// ConfigFile is the repository's own configuration, relative to the top of its
// tree. It comes with the content, so that equal content has equal chunks on
// every machine; it has no keys that run commands.
const ConfigFile = ".devops/config"

// A ConfigError says what is wrong with a ConfigFile.
type ConfigError struct {
	Commit string // that has it, "" for the file of a work tree
	Line   int    // from 1, 0 where no line is to blame
	Err    error
}

func (e *ConfigError) Error() string {
	at := ConfigFile
	if e.Commit != "" {
		at = fmt.Sprintf("commit %.12s: %s", e.Commit, at)
	}
	if e.Line > 0 {
		at = fmt.Sprintf("%s, line %d", at, e.Line)
	}
	return fmt.Sprintf("%s: %v", at, e.Err)
}

// Unwrap returns Err.
func (e *ConfigError) Unwrap() error { return e.Err }

// readConfig reads how the repository cuts files into chunks. On a host the
// branch may have come with a file that is bad: that is no reason not to take a
// better one, so only CheckConfig tells, and the defaults count.
func (w *Worktree) readConfig() error {
	w.Params = chunkstore.DefaultParams()
	var err error
	var bad *ConfigError
	if !w.Host {
		w.Params, w.Mtimes, err = w.fileConfig()
	} else if p, mtimes, cause := w.blobConfig("HEAD"); !errors.As(cause, &bad) {
		w.Params, w.Mtimes, err = p, mtimes, cause
	}
	return err
}

// CheckConfig returns a *ConfigError when the ConfigFile of a commit is not one
// that a host can go by.
func (w *Worktree) CheckConfig(commit string) error {
	_, _, err := w.blobConfig(commit)
	return err
}

// fileConfig reads the file of the work tree.
func (w *Worktree) fileConfig() (p chunkstore.Params, mtimes bool, err error) {
	path := filepath.Join(w.Repo.WorkTree(), ConfigFile)
	if w.Repo.WorkTree() == "" {
		return chunkstore.DefaultParams(), false, nil
	}
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return chunkstore.DefaultParams(), false, nil
	}
	text := func() ([]byte, error) { return os.ReadFile(path) }
	return w.parseConfig("--file="+path, "", text)
}

// blobConfig reads the file of a commit.
func (w *Worktree) blobConfig(rev string) (p chunkstore.Params, mtimes bool, err error) {
	_, id, err := w.Repo.Lookup(rev, ConfigFile)
	if errors.Is(err, repo.ErrNotFound) {
		return chunkstore.DefaultParams(), false, nil
	}
	if err != nil {
		return p, false, err
	}
	if head, ok, err := w.Repo.Ref(rev); err == nil && ok {
		rev = head.String()
	}
	text := func() ([]byte, error) {
		_, data, err := w.Repo.Object(id)
		return data, err
	}
	return w.parseConfig("--blob="+id.String(), rev, text)
}

// parseConfig has git read the source. text gives what is there, to say which
// line is wrong.
func (w *Worktree) parseConfig(source, commit string, text func() ([]byte, error)) (p chunkstore.Params, mtimes bool, err error) {
	p = chunkstore.DefaultParams()
	badKey := ""
	args := []string{"config", source, "--null", "--list"}
	err = w.Git.Stream(context.Background(), nil, args, func(record []byte) (err error) {
		key, value, _ := strings.Cut(string(record), "\n")
		if key == mtimesKey {
			err = setBool(&mtimes, key, value)
		} else {
			err = setParam(&p, key, value)
		}
		if err != nil {
			badKey = key
		}
		return err
	})
	if err == nil {
		err = p.Validate()
	}
	if err == nil {
		return p, mtimes, nil
	}
	bad := &ConfigError{Commit: commit, Line: git.BadConfigLine(err), Err: err}
	if data, err := text(); badKey != "" && err == nil {
		bad.Line = git.ConfigLine(data, badKey)
	}
	return p, mtimes, bad
}

// mtimesKey says whether a host's modification times are recorded.
const mtimesKey = "devops.mtimes"

func setBool(to *bool, key, value string) error {
	switch strings.ToLower(value) {
	case "true", "yes", "on", "1", "":
		*to = true
	case "false", "no", "off", "0":
		*to = false
	default:
		return fmt.Errorf("key %q has a bad value %q", key, value)
	}
	return nil
}

// setParam sets one of the fixed list of keys.
func setParam(p *chunkstore.Params, key, value string) (err error) {
	switch key {
	case "chunker.polynomial":
		p.Polynomial, err = strconv.ParseUint(value, 16, 64)
	case "chunker.min":
		p.Min, err = parseSize(value)
	case "chunker.max":
		p.Max, err = parseSize(value)
	case "chunker.averagebits":
		p.AverageBits, err = strconv.Atoi(value)
	default:
		return fmt.Errorf("unknown key %q", key)
	}
	if err != nil {
		return fmt.Errorf("key %q has a bad value %q", key, value)
	}
	return nil
}

// parseSize reads a number of bytes with git's suffixes k, m and g.
func parseSize(s string) (int, error) {
	shift := 0
	if s != "" {
		switch s[len(s)-1] {
		case 'k', 'K':
			shift = 10
		case 'm', 'M':
			shift = 20
		case 'g', 'G':
			shift = 30
		}
	}
	if shift > 0 {
		s = s[:len(s)-1]
	}
	n, err := strconv.ParseInt(s, 10, 32)
	return int(n) << shift, err
}
