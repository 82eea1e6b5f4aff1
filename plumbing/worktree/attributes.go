// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// AttributesFile is where patterns of large files are written.
const AttributesFile = ".gitattributes"

// attributes are what a large file needs: git must hand it to our filter and
// drivers, and must not touch its line ends.
const attributes = "filter=devops diff=devops merge=devops -text"

// maxLine is the length in bytes from which on git passes a line over.
const maxLine = 2048

// attributeLine is the line of .gitattributes for a pattern. Patterns that
// git would take apart or take for something else are quoted as C strings.
func attributeLine(pattern string) string {
	plain := func(c byte) bool { return c > ' ' && c != 0x7f && c != '"' && c != '\\' }
	quote := strings.HasPrefix(pattern, "#") || strings.HasPrefix(pattern, byteOrderMark)
	for i := range len(pattern) {
		quote = quote || !plain(pattern[i])
	}
	if quote {
		pattern = quoteC(pattern)
	}
	return pattern + " " + attributes
}

// byteOrderMark is what git skips at the beginning of the file.
const byteOrderMark = "\xef\xbb\xbf"

// quoteC quotes as git's quote.c does with core.quotePath=false: it is the
// shorter form, and lines have a limit.
func quoteC(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, "\\%03o", c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// patternOf is the pattern that matches one path alone.
func patternOf(path string) string {
	var b strings.Builder
	b.WriteByte('/')
	for i := range len(path) {
		if strings.IndexByte(`*?[\`, path[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(path[i])
	}
	return b.String()
}

// LineOf returns the line of .gitattributes at the top of the tree that calls
// the file at path large, without the end of the line.
func LineOf(path string) (string, error) {
	pattern := patternOf(path)
	return attributeLine(pattern), CheckPattern(pattern)
}

// CheckPattern refuses what no line of .gitattributes can say.
func CheckPattern(pattern string) error {
	switch {
	case pattern == "":
		return errors.New("an empty pattern matches nothing")
	case strings.HasPrefix(pattern, "!"):
		return fmt.Errorf("pattern '%s': git has no negative patterns in attributes; '\\!' begins a name with an exclamation mark", pattern)
	case strings.HasPrefix(pattern, "[attr]"):
		return fmt.Errorf("pattern '%s': git takes it for the definition of a macro; write '[atr]', or '\\[attr]' for a name", pattern)
	case strings.ContainsRune(pattern, 0):
		return fmt.Errorf("pattern %q contains a NUL", pattern)
	case len(attributeLine(pattern)) >= maxLine:
		return fmt.Errorf("pattern '%s': git reads no lines of %d bytes or more", pattern, maxLine)
	}
	return nil
}

// Track adds a line for each pattern, which CheckPattern accepts, to the
// .gitattributes of dir, a directory of the work tree, and returns those that
// were not there yet.
func (w *Worktree) Track(ctx context.Context, dir string, patterns []string, dryRun bool) (added []string, err error) {
	if !dryRun {
		unlock, err := w.lockAttributes(ctx)
		if err != nil {
			return nil, err
		}
		defer unlock()
	}
	return w.track(dir, patterns, dryRun)
}

// track is Track with the lock held.
func (w *Worktree) track(dir string, patterns []string, dryRun bool) (added []string, err error) {
	for _, p := range patterns {
		if err := CheckPattern(p); err != nil {
			return nil, err
		}
	}
	return w.editAttributes(dir, dryRun, func(lines []string) []string {
		for _, p := range patterns {
			if line := attributeLine(p); !slices.Contains(lines, line) {
				lines = append(lines, line)
				added = append(added, p)
			}
		}
		return lines
	}, &added)
}

// Untrack removes the lines of patterns from the .gitattributes of dir, and
// returns those that were there.
func (w *Worktree) Untrack(ctx context.Context, dir string, patterns []string, dryRun bool) (removed []string, err error) {
	if !dryRun {
		unlock, err := w.lockAttributes(ctx)
		if err != nil {
			return nil, err
		}
		defer unlock()
	}
	return w.editAttributes(dir, dryRun, func(lines []string) []string {
		for _, p := range patterns {
			line := attributeLine(p)
			if slices.Contains(lines, line) {
				removed = append(removed, p)
			}
			lines = slices.DeleteFunc(lines, func(l string) bool { return l == line })
		}
		return lines
	}, &removed)
}

// Patterns lists the patterns of large files in the .gitattributes of dir, as
// they are written there.
func (w *Worktree) Patterns(dir string) ([]string, error) {
	lines, err := readLines(filepath.Join(dir, AttributesFile))
	var patterns []string
	for _, line := range lines {
		if p, ok := strings.CutSuffix(line, " "+attributes); ok {
			patterns = append(patterns, p)
		}
	}
	return patterns, err
}

func (w *Worktree) editAttributes(dir string, dryRun bool, edit func([]string) []string, changed *[]string) ([]string, error) {
	path := filepath.Join(dir, AttributesFile)
	lines, err := readLines(path)
	if err != nil {
		return nil, err
	}
	lines = edit(lines)
	if len(*changed) == 0 || dryRun {
		return *changed, nil
	}
	return *changed, w.writeLines(path, lines)
}

func readLines(path string) ([]string, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || len(data) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read attributes: %w", err)
	}
	return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n"), nil
}

func (w *Worktree) writeLines(path string, lines []string) error {
	var b bytes.Buffer
	for _, l := range lines {
		b.WriteString(l + "\n")
	}
	if err := w.replaceFile(path, b.Bytes()); err != nil {
		return fmt.Errorf("write attributes: %w", err)
	}
	return nil
}

// attributesOf returns the attributes git gives each path, leaving out paths
// that have none.
func (w *Worktree) attributesOf(ctx context.Context, paths []string) (map[string]map[string]string, error) {
	all := map[string]map[string]string{}
	runner := w.Git
	runner.Dir = w.Repo.WorkTree()
	err := runner.CheckAttr(ctx, []string{"--all"}, slices.Values(paths), func(path, attr, value string) error {
		if all[path] == nil {
			all[path] = map[string]string{}
		}
		all[path][attr] = value
		return nil
	})
	return all, err
}
