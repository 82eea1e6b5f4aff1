// SPDX-License-Identifier: Apache-2.0

package ssh

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kevinburke/ssh_config"
)

const (
	// maxConfig is how much of a file of ssh's configuration is looked at, in
	// bytes, maxIncludes how many files.
	maxConfig   = 1 << 20
	maxIncludes = 256
)

// Hosts returns the names that ssh's configuration in the file path (usually
// ~/.ssh/config) and in those it includes gives to hosts, sorted; patterns name
// none. A file that does not exist has none.
func Hosts(path string) ([]string, error) {
	c := hostCollector{dir: filepath.Dir(path), seen: map[string]bool{}}
	if err := c.file(path); err != nil {
		return nil, err
	}
	slices.Sort(c.hosts)
	return slices.Compact(c.hosts), nil
}

type hostCollector struct {
	dir   string // ~/.ssh
	seen  map[string]bool
	hosts []string
}

func (c *hostCollector) file(path string) error {
	if c.seen[path] || len(c.seen) == maxIncludes {
		return nil
	}
	c.seen[path] = true
	text, err := readConfig(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("read %s: %w", path, err)
	}
	for line := range strings.Lines(text) {
		if err := c.line(strings.TrimSpace(line)); err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
	}
	return nil
}

// line looks at one line. The library is given those that name hosts, and no
// others: it refuses a file with a Match that it does not know, and takes ~
// from the environment.
func (c *hostCollector) line(line string) error {
	end := strings.IndexAny(line, " \t=")
	switch {
	case end < 0:
		return nil
	case strings.EqualFold(line[:end], "include"):
		return c.include(strings.Trim(line[end:], " \t="))
	case !strings.EqualFold(line[:end], "host"):
		return nil
	}
	config, err := ssh_config.DecodeBytes([]byte(line + "\n"))
	if err != nil {
		return err
	}
	for _, h := range config.Hosts {
		for _, p := range h.Patterns {
			if name := strings.Trim(p.String(), `"`); isHostName(name) {
				c.hosts = append(c.hosts, name)
			}
		}
	}
	return nil
}

func (c *hostCollector) include(patterns string) error {
	for pattern := range strings.FieldsSeq(patterns) {
		pattern = strings.Trim(pattern, `"`)
		if rest, ok := strings.CutPrefix(pattern, "~/"); ok {
			pattern = filepath.Join(filepath.Dir(c.dir), rest)
		} else if !filepath.IsAbs(pattern) {
			pattern = filepath.Join(c.dir, pattern)
		}
		paths, err := filepath.Glob(pattern)
		if err != nil {
			return err
		}
		for _, path := range paths {
			if err := c.file(path); err != nil {
				return err
			}
		}
	}
	return nil
}

func readConfig(path string) (string, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !fi.Mode().IsRegular() {
		return "", errors.New("not a file")
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxConfig))
	return string(text), err
}

func isHostName(pattern string) bool {
	return !strings.ContainsAny(pattern, "*?!") && Address{Host: pattern, Path: "/"}.objection() == ""
}
