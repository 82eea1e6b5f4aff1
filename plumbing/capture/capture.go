// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"context"
	"errors"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/live"
	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/plumbing/rootfs"
)

// A Capturer captures from one root into one repository.
type Capturer struct {
	Repo   *repo.Repo
	Git    git.Runner // of the same repository
	Store  *gitstore.Store
	Params chunkstore.Params // how large files are cut
	Root   *rootfs.Root
	Names  live.Names
	Cache  string // of package live, "" for none
	Mtimes bool   // modification times are recorded
}

// Options say what is captured.
type Options struct {
	// Paths are relative to the root and clean, node.RootPath for all of it.
	Paths     []string
	LargeFile int64 // files of at least so many bytes are large
	DryRun    bool
	// Begin is told how many bytes will be read, before any is.
	Begin func(bytes int64)
	// Progress is told the number of bytes just read, from several goroutines.
	Progress func(n int64)
	// Report is called for each path that is staged, or would be.
	Report func(Captured)
	// Skipped is called for what was met and cannot be captured.
	Skipped func(path string, why error)
}

// Captured is one path that was captured.
type Captured struct {
	Path    string
	Size    int64 // bytes of a file's content
	Large   bool
	Removed bool  // it is no longer there, and no longer managed
	Stored  int64 // bytes of chunks that were not held yet; large files only
}

// Why a path is not captured.
var (
	// ErrNoMatch says that nothing lies at a path, and that it is not managed.
	ErrNoMatch = errors.New("did not match any files")
	// ErrSocket says that a path is a socket.
	ErrSocket = errors.New("is a socket, which belongs to the program that listens on it")
	// ErrRepository says that a path is in the repository itself.
	ErrRepository = errors.New("is in the repository itself")
	// ErrPseudo says that a path is on a file system that the kernel makes up.
	ErrPseudo = errors.New("is on a file system that is not on a disk")
	// ErrTemporary says that a path is one of those that an apply uses.
	ErrTemporary = errors.New("is a temporary name of an apply, under way or killed")
	// ErrControl says that a path is that of a control file, which never lies
	// on a root.
	ErrControl = errors.New("is the name of a control file, which the root has no room for")
	// ErrName says that git has no room for a path.
	ErrName = errors.New("is a name that git keeps for itself")
)

// A PathError says that a path that was named cannot be captured.
type PathError struct {
	Path string
	Err  error
}

func (e *PathError) Error() string { return "'" + e.Path + "' " + e.Err.Error() }

// Unwrap returns Err.
func (e *PathError) Unwrap() error { return e.Err }

// Capture brings what lies at the paths, and below them, into the index.
// Directories that lead there come with them. Managed paths there that are gone
// are managed no longer.
//
// After an error nothing is staged, but for repo.ErrNotSynced, when all is. It
// returns a *PathError for a path that was named and cannot be captured, and
// ErrChanged of package largefile for one that changed all the time.
func (c *Capturer) Capture(ctx context.Context, o Options) error {
	index, err := c.Repo.ReadIndex()
	if err != nil {
		return err
	}
	r := &run{Capturer: c, o: o, since: live.Now(), index: index}
	if r.spec, err = r.readSpec(index); err != nil {
		return err
	}
	if err := r.walk(ctx); err != nil {
		return err
	}
	if err := r.classify(ctx); err != nil {
		return err
	}
	if o.DryRun {
		r.report()
		return nil
	}
	return r.stage(ctx)
}

// A run is one Capture.
type run struct {
	*Capturer
	o     Options
	since live.Time
	index *repo.Index
	spec  spec
	named []string    // resolved, sorted, none below another
	todo  []candidate // sorted by node.ComparePaths
	gone  []string    // managed paths that are no longer there
	count int         // objects that there will be beside chunks
}

func (r *run) skipped(path string, why error) {
	if r.o.Skipped != nil {
		r.o.Skipped(path, why)
	}
}
