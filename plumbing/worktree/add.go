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

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/packfile"
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

// Add brings the files that match the pathspecs into the index: large ones as
// manifests, whose chunks are durable and held when it returns, small ones as
// git would. A large file that no attribute names gets a line in the
// .gitattributes at the top, which is staged too. Files that are gone are
// removed from the index.
//
// After an error nothing is staged, but for repo.ErrNotSynced, when all is. It returns ErrNoMatch or ErrIgnored for a
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
	return w.stage(ctx, index, todo, o)
}

func report(todo []*candidate, fn func(Added)) {
	if fn == nil {
		return
	}
	for _, c := range todo {
		if c.unchanged() {
			continue // its stat data had to be told to the index, no more
		}
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
func (w *Worktree) stage(ctx context.Context, index *repo.Index, todo []*candidate, o AddOptions) error {
	batch, err := w.Store.Begin(ctx)
	if err == nil {
		todo, err = w.stageWith(ctx, batch, index, todo, o)
		if ctx.Err() != nil {
			batch.Abandon()
		}
		batch.Abort()
	}
	if err == nil {
		report(todo, o.Report)
	}
	return err
}

// stageWith returns what was staged: todo, and the attributes of the large
// files.
func (w *Worktree) stageWith(ctx context.Context, batch *gitstore.Batch, index *repo.Index, todo []*candidate, o AddOptions) ([]*candidate, error) {
	if err := w.readAll(ctx, batch, todo, o); err != nil {
		return nil, err
	}
	if err := w.convertByGit(ctx, todo); err != nil {
		return nil, err
	}
	if err := batch.Commit(ctx); err != nil {
		return nil, err
	}
	if err := outwaitRace(ctx, todo); err != nil {
		return nil, err
	}
	names, err := w.nameLargeFiles(ctx, index, todo)
	if err != nil {
		return nil, err
	}
	defer names.close()
	if names.file != nil {
		todo, err = w.stageNames(ctx, batch, todo, names)
	}
	if err == nil {
		err = w.updateIndex(ctx, batch, todo)
	}
	if err != nil && names.undo != nil && !errors.Is(err, repo.ErrNotSynced) {
		err = errors.Join(err, names.undo())
	}
	if err != nil {
		return nil, err
	}
	_ = batch.Settle() // what it cannot clear away the next run does
	return todo, nil
}

// treesFrom is the number of staged files from which the trees of the index
// are stored, too: git commit would make each of those that are new a loose
// object, which at 4,000 trees takes longer than everything else.
const treesFrom = 512

// updateIndex enters what was read, after making it durable.
func (w *Worktree) updateIndex(ctx context.Context, batch *gitstore.Batch, todo []*candidate) error {
	withTrees := len(todo) >= treesFrom
	if !withTrees {
		if err := batch.FinishObjects(); err != nil {
			return err
		}
	}
	return w.Repo.UpdateIndex(ctx, func(tx *repo.IndexTx) error {
		if withTrees {
			tx.CacheTrees(func(trees []chunkstore.Tree) error { return appendTrees(batch, trees, len(todo)) })
		}
		return enter(tx, todo)
	})
}

func enter(tx *repo.IndexTx, todo []*candidate) error {
	for _, c := range todo {
		if c.gone {
			tx.Remove(c.path)
		} else if err := tx.Set(c.result); err != nil {
			return err
		}
	}
	return nil
}

// appendTrees makes the trees durable together with the blobs.
func appendTrees(batch *gitstore.Batch, trees []chunkstore.Tree, blobs int) error {
	encoder := packfile.NewEncoder()
	for _, t := range trees {
		o := encoder.Encode(packfile.Tree, t.ID, t.Body)
		err := batch.AppendObject(o, blobs+len(trees))
		o.Release()
		if err != nil {
			return err
		}
	}
	return batch.FinishObjects()
}
