// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/git-devops/git-devops/plumbing/repo"
)

// A candidate is a path that differs from the index, or may.
type candidate struct {
	path   string
	entry  *repo.Entry // the index's, or nil
	stat   syscall.Stat_t
	gone   bool
	large  bool
	named  bool // an attribute says that it is large
	byGit  bool // git itself must convert it
	result repo.Entry
	stored int64

	noModes bool // as Worktree has it
}

func (c *candidate) isLink() bool { return c.stat.Mode&syscall.S_IFMT == syscall.S_IFLNK }

// mode is the mode git gives the file.
func (c *candidate) mode() uint32 {
	switch {
	case c.isLink():
		return repo.ModeLink
	case c.noModes && c.entry != nil && c.entry.Mode != repo.ModeLink:
		return c.entry.Mode
	case c.stat.Mode&0o100 != 0 && !c.noModes:
		return repo.ModeExecutable
	}
	return repo.ModeFile
}

// sameMode tells whether the index has an entry of the same kind of file.
func (c *candidate) sameMode() bool {
	return c.entry.Stage == 0 && !c.entry.IntentToAdd && c.entry.Mode == c.mode()
}

// unchanged tells of a candidate that was read whether the index has had it
// all the time.
func (c *candidate) unchanged() bool {
	return c.entry != nil && c.entry.Stage == 0 && !c.entry.IntentToAdd &&
		c.result.ID == c.entry.ID && c.result.Mode == c.entry.Mode
}

// candidates lists what the pathspecs match and the index does not have as it
// is, sorted by path.
func (w *Worktree) candidates(ctx context.Context, index *repo.Index, o AddOptions) ([]*candidate, error) {
	args := []string{"--cached", "--others", "--full-name"}
	if !o.Force {
		args = append(args, "--exclude-standard")
	}
	var paths []string
	err := w.Git.LsFiles(ctx, args, o.Pathspecs, func(path string) error {
		paths = append(paths, path)
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	if err := w.checkPathspecs(o.Pathspecs, paths); err != nil {
		return nil, err
	}
	return w.lookAtAll(ctx, index, paths, o.DryRun)
}

// lookAtAll compares the files with the index. With guess, what only may have
// changed has not.
func (w *Worktree) lookAtAll(ctx context.Context, index *repo.Index, paths []string, guess bool) ([]*candidate, error) {
	looked := make([]*candidate, len(paths))
	err := w.lookAtEach(ctx, len(paths), func(l *looker, i int) (err error) {
		looked[i], err = w.lookAt(l.lstat, index, paths[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(looked, func(c *candidate) bool {
		return c == nil || guess && c.entry != nil && c.sameMode() && c.entry.Resembles(repo.StatOf(&c.stat))
	}), nil
}

// lookAt returns nil when the file is as the index has it, and when it is
// nothing that git can hold.
func (w *Worktree) lookAt(lstat lstatFunc, index *repo.Index, path string) (*candidate, error) {
	c := &candidate{path: path, noModes: w.noModes}
	if i, ok := index.Find(path); ok {
		c.entry = &index.Entries[i]
	}
	err := lstat(path, &c.stat)
	switch {
	case absent(err):
		return c.asGone(), nil
	case err != nil:
		return nil, &fs.PathError{Op: "lstat", Path: path, Err: err}
	}
	switch c.stat.Mode & syscall.S_IFMT {
	case syscall.S_IFREG, syscall.S_IFLNK:
	case syscall.S_IFDIR:
		return lookAtDir(c)
	default:
		return nil, nil // git passes sockets, fifos and devices over, too
	}
	if e := c.entry; e != nil && c.sameMode() &&
		(e.AssumeValid || e.Matches(repo.StatOf(&c.stat), index.Mtime)) {
		return nil, nil
	}
	return c, nil
}

// asGone returns nil when it does not matter to the index that nothing is
// there.
func (c *candidate) asGone() *candidate {
	if c.entry == nil || c.entry.SkipWorktree {
		return nil
	}
	c.gone = true
	return c
}

// lookAtDir sees a directory where git listed a file: the index had one, or it
// is a repository of its own.
func lookAtDir(c *candidate) (*candidate, error) {
	switch {
	case c.entry == nil:
		return nil, fmt.Errorf("%s: is a repository of its own; add it with git submodule, or ignore it", strings.TrimSuffix(c.path, "/"))
	case c.entry.Mode == repo.ModeSubmodule:
		return nil, nil
	}
	return c.asGone(), nil
}

// checkPathspecs makes sure that each pathspec that is a plain path matches.
func (w *Worktree) checkPathspecs(pathspecs, paths []string) error {
	for _, spec := range pathspecs {
		if len(paths) > 0 && strings.ContainsAny(spec, `*?[\`) || strings.HasPrefix(spec, ":") {
			continue
		}
		rel, err := w.relative(spec)
		if err != nil {
			return err
		}
		if err := w.checkBeyond(spec, rel); err != nil {
			return err
		}
		i, found := slices.BinarySearch(paths, rel)
		if found || rel == "." || i < len(paths) && strings.HasPrefix(paths[i], rel+"/") || hasPrefix(paths, rel+"/") {
			continue
		}
		fi, err := os.Lstat(w.abs(rel))
		switch {
		case err != nil:
			return fmt.Errorf("pathspec '%s' %w", spec, ErrNoMatch)
		case !fi.IsDir():
			return fmt.Errorf("'%s' %w", spec, ErrIgnored)
		}
	}
	return nil
}

// checkBeyond refuses a path that a link leads to.
func (w *Worktree) checkBeyond(spec, rel string) error {
	var st syscall.Stat_t
	if _, err := os.Lstat(w.abs(rel)); err != nil || !absent(w.lstat(rel, &st)) {
		return nil
	}
	return fmt.Errorf("pathspec '%s' is beyond a symbolic link", spec)
}

func hasPrefix(sorted []string, prefix string) bool {
	i, _ := slices.BinarySearch(sorted, prefix)
	return i < len(sorted) && strings.HasPrefix(sorted[i], prefix)
}

// classify decides which candidates are large files, and which git must
// convert by itself.
func (w *Worktree) classify(ctx context.Context, todo []*candidate, largeFile int64) error {
	var paths []string
	for _, c := range todo {
		if !c.gone && !c.isLink() {
			paths = append(paths, c.path)
		}
	}
	attrs, err := w.attributesOf(ctx, paths)
	if err != nil {
		return err
	}
	convert, err := w.convertsLines()
	if err != nil {
		return err
	}
	for _, c := range todo {
		if c.gone || c.isLink() {
			continue
		}
		a := attrs[c.path]
		filter, hasFilter := a["filter"]
		c.named = filter == FilterName
		c.large = c.named || !hasFilter && c.stat.Size >= largeFile
		c.byGit = !c.large && (convert && a["text"] != "unset" || converts(a))
	}
	return nil
}

// converts tells whether git stores other bytes than the file has.
func converts(attrs map[string]string) bool {
	for _, name := range []string{"text", "crlf", "eol", "ident", "working-tree-encoding", "filter"} {
		if value, ok := attrs[name]; ok && value != "unset" {
			return true
		}
	}
	return false
}

// convertsLines tells whether git converts line ends of files without a text
// attribute.
func (w *Worktree) convertsLines() (bool, error) {
	value, _, err := w.Repo.Config("core.autocrlf")
	if err != nil || value == "" || strings.EqualFold(value, "input") {
		return value != "", err
	}
	return w.Repo.ConfigBool("core.autocrlf", false)
}
