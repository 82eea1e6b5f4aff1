// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
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
	err = inParallel(ctx, len(targets), func(i int) error { return c.look(targets[i]) })
	if err == nil {
		err = c.fetchAndWrite(ctx, targets)
	}
	if err != nil {
		return errors.Join(err, c.enter(context.WithoutCancel(ctx), targets))
	}
	return c.enter(ctx, targets)
}

// A checkout writes targets.
type checkout struct {
	w      *Worktree
	root   *os.Root
	index  *repo.Index
	o      CheckoutOptions
	chunks *arriving
	mu     sync.Mutex // guards Report
}

func (c *checkout) report(t *target, err error) {
	if c.o.Report == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.o.Report(CheckedOut{Path: t.entry.Path, Size: t.size(), Err: err})
}

// fetchAndWrite writes the files, and has the chunks that they lack fetched
// meanwhile.
func (c *checkout) fetchAndWrite(ctx context.Context, targets []*target) error {
	absent, err := c.absent(targets)
	if err != nil {
		return err
	}
	c.chunks = c.w.fetchBeside(ctx, absent)
	return c.chunks.end(c.writeAll(ctx, targets))
}

// absent returns the chunks to be fetched.
func (c *checkout) absent(targets []*target) ([]chunkstore.Piece, error) {
	if c.w.Fetch == nil || c.o.DryRun {
		return nil, nil
	}
	absent := c.w.newAbsences()
	for _, t := range targets {
		if !t.needed {
			continue
		}
		if err := absent.add(t.manifest.Pieces, t.old); err != nil {
			return nil, err
		}
	}
	return absent.pieces, nil
}

// writeAll writes as many files at once as memory allows.
func (c *checkout) writeAll(ctx context.Context, targets []*target) error {
	memory := semaphore.NewWeighted(materialiseMemory)
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(2 * runtime.GOMAXPROCS(0))
	for _, t := range targets {
		if !t.needed {
			continue
		}
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
	if c.o.DryRun {
		c.report(t, c.w.allPresent(t.manifest))
		return nil
	}
	err := c.materialise(ctx, t)
	var missing *chunkstore.MissingError
	var corrupt *chunkstore.CorruptError
	var wrong *largefile.DigestError
	switch {
	case errors.As(err, &missing) || errors.As(err, &corrupt) || errors.As(err, &wrong):
		c.report(t, err)
		return c.leaveManifest(t)
	case err != nil && !errors.Is(err, ErrModified) && !isInTheWay(err):
		return fmt.Errorf("%s: %w", t.entry.Path, err)
	}
	c.report(t, err)
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

// look finds out what is there now, and whether the file must be written. What
// keeps it from being written is reported.
func (c *checkout) look(t *target) error {
	if t.err != nil {
		c.report(t, t.err)
		return c.leaveManifest(t)
	}
	var st syscall.Stat_t
	if err := c.w.lstat(t.entry.Path, &st); err != nil {
		t.needed = true // nothing there, or creating it will say why not
		return nil
	}
	t.seen = repo.StatOf(&st)
	// Where the file is replaced whatever it is, and its content is only a
	// seed, stat data that may be racy are good enough.
	overwrite := c.overwrites()
	i, ok := c.index.Find(t.entry.Path)
	trust := overwrite && ok && c.index.Entries[i].ID != t.entry.ID
	now, err := c.w.contentNow(c.index, t.entry.Path, &st, trust)
	if err != nil {
		return err
	}
	switch {
	case now.materialised && now.manifest.SHA256 == t.manifest.SHA256:
		t.done = c.w.noModes || st.Mode&0o100 != 0 == (t.entry.Mode == repo.ModeExecutable)
		t.needed = !t.done
		t.old = now.manifest
	case now.manifest == nil && !overwrite:
		c.report(t, ErrModified)
	default:
		t.needed = true
		if now.materialised {
			t.old = now.manifest
		}
	}
	return nil
}

// overwrites tells whether local changes are given up.
func (c *checkout) overwrites() bool { return c.o.Force || len(c.o.Pathspecs) > 0 }

// changed tells whether somebody else has written to the path since look.
func (c *checkout) changed(t *target) bool {
	var st syscall.Stat_t
	if c.w.lstat(t.entry.Path, &st) != nil {
		return t.seen != repo.Stat{}
	}
	return t.seen != repo.StatOf(&st)
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
	o := largefile.MaterialiseOptions{Chunks: c.chunks, Progress: c.o.Progress}
	if t.old != nil {
		if f, err := openFile(path); err == nil {
			defer f.Close()
			o.Seed = largefile.NewSeed(f, t.old)
		}
	}
	if err := largefile.Materialise(ctx, t.manifest, p.file, o); err != nil {
		return err
	}
	if !c.overwrites() && c.changed(t) {
		return ErrModified
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
