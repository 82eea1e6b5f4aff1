// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// AddOptions say what Add stages.
type AddOptions struct {
	Pathspecs []string // relative to the directory of Worktree.Git
	LargeFile int64    // files of at least so many bytes are large
	DryRun    bool
	Force     bool // also ignored files
	// Begin is told how many bytes will be read, before any is.
	Begin func(bytes int64)
	// Progress is told the number of bytes just read.
	Progress func(n int64)
	// Report is called for each path that is staged, or would be.
	Report func(Added)
}

// Added is one path that Add stages.
type Added struct {
	Path    string
	Size    int64
	Large   bool
	Removed bool
	Stored  int64 // bytes of chunks that were not held yet; large files only
}

// ErrIgnored says that a path named is ignored.
var ErrIgnored = errors.New("is ignored by one of your .gitignore files")

// ErrNoMatch says that a pathspec matches nothing.
var ErrNoMatch = errors.New("did not match any files")

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
}

func (c *candidate) isLink() bool { return c.stat.Mode&syscall.S_IFMT == syscall.S_IFLNK }

// mode is the mode git gives the file.
func (c *candidate) mode() uint32 {
	switch {
	case c.isLink():
		return repo.ModeLink
	case c.stat.Mode&0o100 != 0:
		return repo.ModeExecutable
	}
	return repo.ModeFile
}

// Add brings the files that match the pathspecs into the index: large ones as
// manifests, whose chunks are durable and held when it returns, small ones as
// git would. A large file that no attribute names gets a line in the
// .gitattributes at the top, which is staged too. Files that are gone are
// removed from the index.
//
// After an error nothing is staged. It returns ErrNoMatch or ErrIgnored for a
// pathspec, ErrChanged of package largefile for a file that was written to
// meanwhile, and repo.ErrBusy when another process holds the index.
func (w *Worktree) Add(ctx context.Context, o AddOptions) error {
	index, err := w.Repo.ReadIndex()
	if err != nil {
		return err
	}
	todo, err := w.candidates(ctx, index, o)
	if err != nil {
		return err
	}
	if err := w.classify(ctx, todo, o.LargeFile); err != nil {
		return err
	}
	if o.DryRun {
		report(todo, o.Report)
		return nil
	}
	if len(todo) == 0 {
		return nil
	}
	return w.stage(ctx, todo, o)
}

func report(todo []*candidate, fn func(Added)) {
	if fn == nil {
		return
	}
	for _, c := range todo {
		fn(Added{Path: c.path, Size: c.stat.Size, Large: c.large, Removed: c.gone, Stored: c.stored})
	}
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
	return w.lookAtAll(ctx, index, paths)
}

// lookAtAll compares the files with the index.
func (w *Worktree) lookAtAll(ctx context.Context, index *repo.Index, paths []string) ([]*candidate, error) {
	looked := make([]*candidate, len(paths))
	err := inParallel(ctx, len(paths), func(i int) (err error) {
		looked[i], err = w.lookAt(index, paths[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(looked, func(c *candidate) bool { return c == nil }), nil
}

// lookAt returns nil when the file is as the index has it, and when it is
// nothing that git can hold.
func (w *Worktree) lookAt(index *repo.Index, path string) (*candidate, error) {
	c := &candidate{path: path}
	if i, ok := index.Find(path); ok {
		c.entry = &index.Entries[i]
	}
	err := syscall.Lstat(w.abs(path), &c.stat)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR):
		c.gone = true
		if c.entry == nil || c.entry.SkipWorktree {
			return nil, nil
		}
		return c, nil
	case err != nil:
		return nil, &fs.PathError{Op: "lstat", Path: path, Err: err}
	}
	switch c.stat.Mode & syscall.S_IFMT {
	case syscall.S_IFREG, syscall.S_IFLNK:
	case syscall.S_IFDIR:
		return nil, w.lookAtDir(c)
	default:
		return nil, nil // git passes sockets, fifos and devices over, too
	}
	if e := c.entry; e != nil && e.Stage == 0 && !e.IntentToAdd && e.Mode == c.mode() &&
		(e.AssumeValid || e.Matches(repo.StatOf(&c.stat), index.Mtime)) {
		return nil, nil
	}
	return c, nil
}

// lookAtDir sees a directory where git listed a file: a repository of its own.
func (w *Worktree) lookAtDir(c *candidate) error {
	if c.entry != nil && c.entry.Mode == repo.ModeSubmodule {
		return nil
	}
	return fmt.Errorf("%s: is a repository of its own; add it with git submodule, or ignore it", strings.TrimSuffix(c.path, "/"))
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
		c.named = filter == filterName
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

// stage does what Add is for.
func (w *Worktree) stage(ctx context.Context, todo []*candidate, o AddOptions) error {
	todo, undo, err := w.nameLargeFiles(ctx, todo)
	if err != nil {
		return err
	}
	batch, err := w.Store.Begin(ctx)
	if err == nil {
		defer batch.Abort()
		err = w.stageWith(ctx, batch, todo, o)
	}
	if err != nil {
		return errors.Join(err, undo())
	}
	report(todo, o.Report)
	return nil
}

func (w *Worktree) stageWith(ctx context.Context, batch *gitstore.Batch, todo []*candidate, o AddOptions) error {
	if err := w.readAll(ctx, batch, todo, o); err != nil {
		return err
	}
	if err := batch.Commit(ctx); err != nil {
		return err
	}
	if err := w.updateIndex(ctx, todo); err != nil {
		return err
	}
	if err := batch.Settle(); err != nil {
		return err
	}
	return w.addByGit(ctx, todo)
}

// updateIndex enters what was read.
func (w *Worktree) updateIndex(ctx context.Context, todo []*candidate) error {
	return w.Repo.UpdateIndex(ctx, func(tx *repo.IndexTx) error {
		for _, c := range todo {
			if c.gone {
				tx.Remove(c.path)
			} else if !c.byGit {
				if err := tx.Set(c.result); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// addByGit lets git stage the files that it converts.
func (w *Worktree) addByGit(ctx context.Context, todo []*candidate) error {
	var paths strings.Builder
	for _, c := range todo {
		if c.byGit {
			paths.WriteString(c.path + "\x00")
		}
	}
	if paths.Len() == 0 {
		return nil
	}
	runner := w.Git
	runner.Dir = w.Repo.WorkTree()
	_, err := runner.Run(ctx, strings.NewReader(paths.String()),
		"--literal-pathspecs", "add", "--force", "--pathspec-from-file=-", "--pathspec-file-nul")
	return err
}

// nameLargeFiles writes an attribute line for each large file that has none,
// and adds .gitattributes to what is staged. undo takes the lines back.
func (w *Worktree) nameLargeFiles(ctx context.Context, todo []*candidate) (_ []*candidate, undo func() error, err error) {
	var patterns []string
	for _, c := range todo {
		if c.large && !c.named {
			patterns = append(patterns, patternOf(c.path))
		}
	}
	undo = func() error { return nil }
	if len(patterns) == 0 {
		return todo, undo, nil
	}
	path := w.abs(AttributesFile)
	before, readErr := os.ReadFile(path)
	if _, err := w.Track(w.Repo.WorkTree(), patterns, false); err != nil {
		return nil, undo, err
	}
	undo = func() error {
		if errors.Is(readErr, fs.ErrNotExist) {
			return os.Remove(path)
		}
		return w.replaceFile(path, before)
	}
	c, err := w.lookAt(&repo.Index{}, AttributesFile)
	if err != nil {
		return nil, undo, errors.Join(err, undo())
	}
	todo = slices.DeleteFunc(todo, func(c *candidate) bool { return c.path == AttributesFile })
	return append(todo, c), undo, nil
}
