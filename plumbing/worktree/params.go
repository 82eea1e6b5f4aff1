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
	"github.com/git-devops/git-devops/plumbing/repo"
)

// ConfigFile is the repository's own configuration, relative to the top of its
// tree. It comes with the content, so that equal content has equal chunks on
// every machine; it has no keys that run commands.
const ConfigFile = ".devops/config"

// readParams reads how the repository cuts files into chunks.
func (w *Worktree) readParams() (chunkstore.Params, error) {
	source, err := w.configSource()
	if err != nil || source == "" {
		return chunkstore.DefaultParams(), err
	}
	p, mtimes, err := w.parseConfig(source)
	w.Mtimes = mtimes
	return p, err
}

// CheckConfig returns the error that everything would end with in a host's
// repository whose branch is at the commit, for its ConfigFile.
func (w *Worktree) CheckConfig(commit string) error {
	source, err := w.configBlob(commit)
	if err == nil && source != "" {
		_, _, err = w.parseConfig(source)
	}
	return err
}

func (w *Worktree) parseConfig(source string) (p chunkstore.Params, mtimes bool, err error) {
	p = chunkstore.DefaultParams()
	args := []string{"config", source, "--null", "--list"}
	err = w.Git.Stream(context.Background(), nil, args, func(record []byte) error {
		key, value, _ := strings.Cut(string(record), "\n")
		if key == mtimesKey {
			return setBool(&mtimes, key, value)
		}
		return setParam(&p, key, value)
	})
	if err == nil {
		err = p.Validate()
	}
	if err != nil {
		return p, mtimes, fmt.Errorf("%s: %w", ConfigFile, err)
	}
	return p, mtimes, nil
}

// configSource is the option that leads git config to the ConfigFile, "" where
// there is none: a file of the work tree, or a host's blob.
func (w *Worktree) configSource() (string, error) {
	if w.Host {
		return w.configBlob("HEAD")
	}
	path := filepath.Join(w.Repo.WorkTree(), ConfigFile)
	if w.Repo.WorkTree() == "" {
		return "", nil
	}
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return "--file=" + path, nil
}

func (w *Worktree) configBlob(rev string) (string, error) {
	_, id, err := w.Repo.Lookup(rev, ConfigFile)
	if errors.Is(err, repo.ErrNotFound) {
		return "", nil
	}
	return "--blob=" + id.String(), err
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
