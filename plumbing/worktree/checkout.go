// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/largefile"
	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/plumbing/spool"
)

// materialiseMemory bounds what files that are written at the same time take,
// bytes.
const materialiseMemory = 64 << 20

// ErrModified says that a file has changes that are not in the index.
var ErrModified = errors.New("has local changes")

// CheckoutOptions say what Checkout writes.
type CheckoutOptions struct {
	Tree      string   // a tree-ish, or "" for the index
	Pathspecs []string // none: every large file
	// Force overwrites local changes. Naming a path does, too.
	Force    bool
	DryRun   bool
	Begin    func(bytes int64)
	Progress func(n int64)
	Report   func(CheckedOut) // called from several goroutines, one at a time
}

// CheckedOut is what became of one large file. Err is nil when it was written,
// a *chunkstore.MissingError when chunks are absent, a *chunkstore.FormatError
// when its manifest cannot be read, ErrModified when its local changes were
// kept, or an error of the file system at its path.
type CheckedOut struct {
	Path string
	Size int64
	Err  error
}

// A target is a large file to be written.
type target struct {
	entry    repo.Entry // what the index will say
	manifest *chunkstore.Manifest
	text     []byte // the manifest as it is stored
	err      error  // why there is no manifest

	old  *chunkstore.Manifest // of what is there now, when that is known
	done bool
}

// Checkout writes large files of a tree, or of the index, to the work tree:
// each verified, and replaced in one step. With a tree the index follows.
// Small files are left alone. A file that is as it should be is not touched.
//
// It returns nil also when some files could not be written: Report tells.
func (w *Worktree) Checkout(ctx context.Context, o CheckoutOptions) error {
	index, err := w.Repo.ReadIndex()
	if err != nil {
		return err
	}
	targets, err := w.targets(ctx, index, o)
	if err != nil {
		return err
	}
	if o.Begin != nil {
		var total int64
		for _, t := range targets {
			total += t.size()
		}
		o.Begin(total)
	}
	if !o.DryRun {
		if err := spool.Sweep(w.spoolDir()); err != nil {
			return err
		}
	}
	root, err := w.root()
	if err != nil {
		return err
	}
	defer root.Close()
	c := &checkout{w: w, root: root, index: index, o: o}
	if err := c.writeAll(ctx, targets); err != nil {
		return errors.Join(err, c.enter(context.WithoutCancel(ctx), targets))
	}
	return c.enter(ctx, targets)
}

func (t *target) size() int64 {
	if t.manifest == nil {
		return 0
	}
	return t.manifest.Size
}

// targets lists the large files that are meant, sorted by path.
func (w *Worktree) targets(ctx context.Context, index *repo.Index, o CheckoutOptions) ([]*target, error) {
	entries := map[string]repo.Entry{}
	if err := w.indexed(ctx, index, o.Pathspecs, entries); err != nil {
		return nil, err
	}
	if o.Tree != "" {
		if err := w.changedIn(ctx, o.Tree, o.Pathspecs, entries); err != nil {
			return nil, err
		}
	}
	targets := make([]*target, 0, len(entries))
	for _, e := range entries {
		if i, ok := index.Find(e.Path); ok && index.Entries[i].SkipWorktree {
			continue // outside of the sparse checkout
		}
		if err := checkPath(e.Path); err != nil {
			return nil, err
		}
		if t := w.target(e); t != nil {
			targets = append(targets, t)
		}
	}
	slices.SortFunc(targets, func(a, b *target) int { return compare(a.entry.Path, b.entry.Path) })
	return targets, nil
}

// target returns nil when the entry is no large file.
func (w *Worktree) target(e repo.Entry) *target {
	if e.Mode != repo.ModeFile && e.Mode != repo.ModeExecutable {
		return nil
	}
	kind, text, err := w.Repo.Object(e.ID)
	if err != nil {
		return &target{entry: e, err: err}
	}
	if kind != "blob" || !chunkstore.IsManifest(text) {
		return nil
	}
	m, err := chunkstore.ParseManifest(text)
	return &target{entry: e, manifest: m, text: text, err: err}
}

// indexed adds the tracked large files of the index that match.
func (w *Worktree) indexed(ctx context.Context, index *repo.Index, pathspecs []string, into map[string]repo.Entry) error {
	tracked, err := w.tracked(ctx)
	if err != nil {
		return err
	}
	add := func(path string) error {
		if i, ok := index.Find(path); ok && tracked[path] && index.Entries[i].Stage == 0 {
			into[path] = index.Entries[i]
		}
		return nil
	}
	if len(pathspecs) > 0 {
		args := []string{"--cached", "--full-name", "--error-unmatch"}
		return w.Git.LsFiles(ctx, args, pathspecs, add)
	}
	for path := range tracked {
		_ = add(path)
	}
	return nil
}

// changedIn takes the entries that a tree has in another version.
func (w *Worktree) changedIn(ctx context.Context, tree string, pathspecs []string, into map[string]repo.Entry) error {
	id, err := w.Repo.ResolveTree(tree)
	if err != nil {
		return err
	}
	args := []string{"diff-index", "--cached", "-z", "--no-renames", "-R", "--full-index", id.String(), "--"}
	var e repo.Entry
	return w.Git.Stream(ctx, nil, append(args, pathspecs...), func(record []byte) error {
		if record[0] == ':' { // -R: from the index to the tree
			fields := bytes.Fields(record[1:])
			mode, err := strconv.ParseUint(string(fields[1]), 8, 32)
			if err != nil {
				return fmt.Errorf("read git's output: %w", err)
			}
			e = repo.Entry{Mode: uint32(mode)}
			e.ID, err = chunkstore.ParseID(string(fields[3]))
			return err
		}
		e.Path = string(record)
		delete(into, e.Path)
		if e.Mode != 0 {
			into[e.Path] = e
		}
		return nil
	})
}

func compare(a, b string) int { return bytes.Compare([]byte(a), []byte(b)) }

// A checkout writes targets.
type checkout struct {
	w     *Worktree
	root  *os.Root
	index *repo.Index
	o     CheckoutOptions
	mu    sync.Mutex // guards Report
}

func (c *checkout) report(t *target, err error) {
	if c.o.Report == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.o.Report(CheckedOut{Path: t.entry.Path, Size: t.size(), Err: err})
}

// writeAll writes as many files at once as memory allows.
func (c *checkout) writeAll(ctx context.Context, targets []*target) error {
	memory := semaphore.NewWeighted(materialiseMemory)
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(2 * runtime.GOMAXPROCS(0))
	for _, t := range targets {
		weight := min(largefile.Window, t.size())
		if memory.Acquire(groupCtx, weight) != nil {
			break // Wait says why
		}
		group.Go(func() error {
			defer memory.Release(weight)
			return c.one(groupCtx, t)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// one writes one file. What is wrong with this file alone is reported; any
// other error, such as a full disk, ends the checkout.
func (c *checkout) one(ctx context.Context, t *target) error {
	if t.err != nil {
		c.report(t, t.err)
		return c.leaveManifest(t)
	}
	needed, err := c.look(t)
	switch {
	case errors.Is(err, ErrModified):
		c.report(t, err)
		return nil
	case err != nil || !needed:
		return err
	}
	if c.o.DryRun {
		c.report(t, c.w.allPresent(t.manifest))
		return nil
	}
	err = c.materialise(ctx, t)
	var missing *chunkstore.MissingError
	var corrupt *chunkstore.CorruptError
	var wrong *largefile.DigestError
	if errors.As(err, &missing) || errors.As(err, &corrupt) || errors.As(err, &wrong) {
		c.report(t, err)
		return c.leaveManifest(t)
	}
	if isInTheWay(err) {
		c.report(t, err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", t.entry.Path, err)
	}
	c.report(t, nil)
	return nil
}

// isInTheWay tells whether err comes from what is at one path, or above it.
func isInTheWay(err error) bool {
	if _, ok := errors.AsType[*BadPathError](err); ok {
		return true
	}
	for _, e := range []error{syscall.EISDIR, syscall.ENOTDIR, syscall.EEXIST, syscall.ENOTEMPTY,
		syscall.EACCES, syscall.EPERM, syscall.ENAMETOOLONG, syscall.ELOOP, syscall.ETXTBSY} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// look finds out what is there now, and whether the file must be written.
func (c *checkout) look(t *target) (needed bool, err error) {
	var st syscall.Stat_t
	if err := c.w.lstat(t.entry.Path, &st); err != nil {
		return true, nil // nothing there, or creating it will say why not
	}
	// Where the file is replaced whatever it is, and its content is only a
	// seed, stat data that may be racy are good enough.
	overwrite := c.o.Force || len(c.o.Pathspecs) > 0
	i, ok := c.index.Find(t.entry.Path)
	trust := overwrite && ok && c.index.Entries[i].ID != t.entry.ID
	now, err := c.w.contentNow(c.index, t.entry.Path, &st, trust)
	if err != nil {
		return false, err
	}
	switch {
	case now.materialised && now.manifest.SHA256 == t.manifest.SHA256:
		t.done = c.w.noModes || st.Mode&0o100 != 0 == (t.entry.Mode == repo.ModeExecutable)
		return !t.done, nil
	case now.manifest == nil && !overwrite:
		return false, ErrModified
	case now.materialised:
		t.old = now.manifest
	}
	return true, nil
}

// materialise writes the file beside its place, and renames it.
func (c *checkout) materialise(ctx context.Context, t *target) error {
	path := c.w.abs(t.entry.Path)
	if err := checkParents(c.root, t.entry.Path); err != nil {
		return err
	}
	p, err := c.w.newPlacing(path)
	if err != nil {
		return err
	}
	defer p.drop()
	o := largefile.MaterialiseOptions{Chunks: c.w.Store, Progress: c.o.Progress}
	if t.old != nil {
		if f, err := openFile(path); err == nil {
			defer f.Close()
			o.Seed = largefile.NewSeed(f, t.old)
		}
	}
	if err := largefile.Materialise(ctx, t.manifest, p.file, o); err != nil {
		return err
	}
	if err := p.place(path, t.entry.Mode == repo.ModeExecutable); err != nil {
		return err
	}
	t.done = true
	return nil
}

// leaveManifest puts the manifest where nothing is, as git does when it has
// no filter.
func (c *checkout) leaveManifest(t *target) error {
	path := c.w.abs(t.entry.Path)
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) || t.text == nil || c.o.DryRun {
		return nil
	}
	p, err := c.w.newPlacing(path)
	if err != nil {
		return err
	}
	defer p.drop()
	if _, err := p.file.Write(t.text); err != nil {
		return err
	}
	t.done = true
	return p.place(path, t.entry.Mode == repo.ModeExecutable)
}

// enter tells the index what was written.
func (c *checkout) enter(ctx context.Context, targets []*target) error {
	if c.o.DryRun {
		return nil
	}
	targets = slices.DeleteFunc(targets, func(t *target) bool { return !t.done })
	if len(targets) == 0 {
		return nil
	}
	return c.w.Repo.UpdateIndex(ctx, func(tx *repo.IndexTx) error {
		for _, t := range targets {
			var st syscall.Stat_t
			if err := syscall.Lstat(c.w.abs(t.entry.Path), &st); err != nil {
				continue // gone again: git will see it
			}
			t.entry.Stat = repo.StatOf(&st)
			if err := tx.Set(t.entry); err != nil {
				return err
			}
		}
		return nil
	})
}

// allPresent returns a *chunkstore.MissingError for the first chunk that is
// absent.
func (w *Worktree) allPresent(m *chunkstore.Manifest) error {
	for _, p := range m.Pieces {
		if !p.Hole {
			if err := w.Store.Present(p.ID); err != nil {
				return err
			}
		}
	}
	return nil
}
