// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"context"
	"io/fs"
	"slices"
	"syscall"

	"golang.org/x/sync/errgroup"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// Held says how much of a large file's content this repository holds.
type Held string

// The values of Held.
const (
	HeldFully  Held = "held"
	HeldPartly Held = "partly"
	HeldNone   Held = "absent"
)

// State says what lies in the work tree at a large file's path.
type State string

// The values of State.
const (
	Materialised State = "materialised"
	AsManifest   State = "manifest" // the manifest, in place of the content
	Modified     State = "modified"
	Deleted      State = "deleted"
	Unmerged     State = "unmerged"
	Skipped      State = "skipped"    // outside of the sparse checkout
	Unreadable   State = "unreadable" // nobody can tell: see LargeFile.Err
)

// A LargeFile is one large file of the index or of a tree.
type LargeFile struct {
	Path       string
	Manifest   *chunkstore.Manifest
	State      State // Status only
	Held       Held
	Chunks     int   // distinct ones
	HeldChunks int   // of those
	HeldBytes  int64 // what they take up in the content
	// Err says why the manifest cannot be read; then Manifest is nil.
	Err error
}

// Summary counts what Status found.
type Summary struct {
	Large         int   `json:"large"`
	Size          int64 `json:"size"` // bytes of content
	Disk          int64 `json:"disk"` // bytes of chunk packs
	Packs         int   `json:"packs"`
	OtherModified int   `json:"otherModified"` // tracked files that are not large and differ from the index, or may
	OtherDeleted  int   `json:"otherDeleted"`
}

// Status reports every large file of the index, sorted by path, and looks
// whether the other files of the index have changed, going by stat data.
func (w *Worktree) Status(ctx context.Context, fn func(LargeFile) error) (Summary, error) {
	var sum Summary
	index, err := w.Repo.ReadIndex()
	if err != nil {
		return sum, err
	}
	// Git tells which paths are tracked while we look at all of them.
	var tracked map[string]bool
	var states []byte
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		tracked, err = w.tracked(groupCtx)
		return err
	})
	group.Go(func() (err error) {
		states, err = w.statAll(groupCtx, index)
		return err
	})
	if err := group.Wait(); err != nil {
		return sum, err
	}
	for i, e := range index.Entries {
		if !tracked[e.Path] {
			sum.count(states[i])
		} else if e.Stage <= 1 {
			if err := w.statusOf(index, e, &sum, fn); err != nil {
				return sum, err
			}
		}
	}
	sum.Disk, sum.Packs, err = w.Store.DiskUsage()
	return sum, err
}

// statusOf reports a tracked file.
func (w *Worktree) statusOf(index *repo.Index, e repo.Entry, sum *Summary, fn func(LargeFile) error) error {
	f, err := w.largeFile(index, e)
	if err != nil || f == nil {
		return err
	}
	sum.Large++
	if f.Manifest != nil {
		sum.Size += f.Manifest.Size
	}
	return fn(*f)
}

// largeFile returns nil for a tracked path whose blob is no manifest.
func (w *Worktree) largeFile(index *repo.Index, e repo.Entry) (*LargeFile, error) {
	if e.Stage != 0 {
		return &LargeFile{Path: e.Path, State: Unmerged, Held: HeldNone}, nil
	}
	f, err := w.described(e)
	if f == nil || err != nil || f.Err != nil {
		return f, err
	}
	f.State, err = w.state(index, e.Path)
	if f.State == Deleted && e.SkipWorktree {
		f.State = Skipped
	}
	return f, err
}

// described returns nil for an entry that is no manifest.
func (w *Worktree) described(e repo.Entry) (*LargeFile, error) {
	t := w.target(e)
	switch {
	case t == nil:
		return nil, nil
	case t.err != nil:
		return &LargeFile{Path: e.Path, State: Unreadable, Held: HeldNone, Err: t.err}, nil
	}
	return w.holding(e.Path, t.manifest)
}

func (w *Worktree) state(index *repo.Index, path string) (State, error) {
	if w.Repo.WorkTree() == "" {
		return "", nil
	}
	var st syscall.Stat_t
	err := w.lstat(path, &st)
	if absent(err) {
		return Deleted, nil
	}
	if err != nil {
		return "", &fs.PathError{Op: "lstat", Path: path, Err: err}
	}
	now, err := w.contentNow(index, path, &st, false)
	switch {
	case err != nil:
		return "", err
	case now.manifest == nil:
		return Modified, nil
	case now.materialised:
		return Materialised, nil
	}
	return AsManifest, nil
}

// holding counts which of the chunks of m are held.
func (w *Worktree) holding(path string, m *chunkstore.Manifest) (*LargeFile, error) {
	f := &LargeFile{Path: path, Manifest: m, Held: HeldPartly}
	seen := map[chunkstore.ID]bool{}
	for _, p := range m.Pieces {
		if p.Hole || seen[p.ID] {
			continue
		}
		seen[p.ID] = true
		held, err := w.Store.Has(context.Background(), p.ID)
		if err != nil {
			return nil, err
		}
		if held {
			f.HeldChunks++
			f.HeldBytes += p.Length
		}
	}
	f.Chunks = len(seen)
	switch f.HeldChunks {
	case f.Chunks:
		f.Held = HeldFully
	case 0:
		f.Held = HeldNone
	}
	return f, nil
}

// What statAll says of a path.
const (
	statSame byte = iota
	statModified
	statDeleted
)

func (s *Summary) count(state byte) {
	switch state {
	case statModified:
		s.OtherModified++
	case statDeleted:
		s.OtherDeleted++
	}
}

// statAll compares the stat data of every file with the index.
func (w *Worktree) statAll(ctx context.Context, index *repo.Index) ([]byte, error) {
	states := make([]byte, len(index.Entries))
	if w.Repo.WorkTree() == "" {
		return states, nil
	}
	return states, w.lookAtEach(ctx, len(index.Entries), func(l *looker, i int) error {
		e := &index.Entries[i]
		if e.Stage > 1 || e.SkipWorktree || e.AssumeValid || e.Mode == repo.ModeSubmodule {
			return nil
		}
		c := candidate{entry: e, noModes: w.noModes}
		if err := l.lstat(e.Path, &c.stat); err != nil {
			states[i] = statDeleted
		} else if e.Mode != c.mode() || !e.Resembles(repo.StatOf(&c.stat)) {
			states[i] = statModified
		}
		return nil
	})
}

// List reports the large files of a tree-ish, or of the index for "", sorted
// by path.
func (w *Worktree) List(ctx context.Context, tree string, pathspecs []string, fn func(LargeFile) error) error {
	entries, err := w.largeEntries(ctx, tree, pathspecs)
	if err != nil {
		return err
	}
	slices.SortFunc(entries, func(a, b repo.Entry) int { return compare(a.Path, b.Path) })
	for _, e := range entries {
		f, err := w.described(e)
		if err != nil {
			return err
		}
		if f == nil {
			continue
		}
		if err := fn(*f); err != nil {
			return err
		}
	}
	return nil
}
