// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/spool"
)

// A BadPathError says that a path of a tree must not be written.
type BadPathError struct{ Path, Reason string }

func (e *BadPathError) Error() string { return fmt.Sprintf("invalid path %q: %s", e.Path, e.Reason) }

// checkPath refuses what git refuses: paths that lead out of the work tree or
// into a repository.
func checkPath(p string) error {
	if p == "" || p == "." || path.Clean(p) != p || path.IsAbs(p) || strings.ContainsRune(p, 0) {
		return &BadPathError{p, "not a clean relative path"}
	}
	for part := range strings.SplitSeq(p, "/") {
		if part == ".." || strings.EqualFold(part, ".git") || strings.EqualFold(part, "git~1") {
			return &BadPathError{p, "forbidden name"}
		}
	}
	return nil
}

// checkParents refuses a path one of whose directories is a symbolic link: it
// would be written somewhere else. Directories that are not there are made.
func checkParents(root *os.Root, p string) error {
	dir := path.Dir(p)
	if dir == "." {
		return nil
	}
	at := ""
	for part := range strings.SplitSeq(dir, "/") {
		at = path.Join(at, part)
		fi, err := root.Lstat(at)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return root.MkdirAll(dir, 0o777)
		case err != nil:
			return err
		case !fi.IsDir():
			return &BadPathError{p, at + " is not a directory"}
		}
	}
	return nil
}

// A placing is a new file on its way to a path of the work tree.
type placing struct {
	file *os.File
	dir  string // the spool directory it is in
}

// spoolDir is where files are written before they move to their places.
func (w *Worktree) spoolDir() string { return filepath.Join(w.Repo.CommonDir(), "devops", "spool") }

// newPlacing creates an empty file on the file system of path, an absolute
// one: in the repository's spool where that is the same, so that a killed
// process leaves nothing in the work tree, else beside path, where it first
// clears away what a killed one has left.
func (w *Worktree) newPlacing(path string) (*placing, error) {
	dir := w.spoolDir()
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	if !sameDevice(dir, filepath.Dir(path)) {
		dir = filepath.Dir(path)
		if err := spool.Sweep(dir); err != nil {
			return nil, err
		}
	}
	f, err := spool.Create(dir, 0o666)
	if err != nil {
		return nil, err
	}
	return &placing{file: f, dir: dir}, nil
}

func sameDevice(a, b string) bool {
	var sa, sb unix.Stat_t
	return unix.Stat(a, &sa) == nil && unix.Stat(b, &sb) == nil && sa.Dev == sb.Dev
}

// drop removes the file unless it was placed.
func (p *placing) drop() { spool.Drop(p.file) }

// place renames the file to path, as git would create it there: readable as
// the umask has it, and executable by those who may read it.
func (p *placing) place(path string, executable bool) error {
	if executable {
		fi, err := p.file.Stat()
		if err != nil {
			return err
		}
		perm := fi.Mode().Perm()
		if err := p.file.Chmod(perm | perm&0o444>>2); err != nil {
			return err
		}
	}
	return os.Rename(p.file.Name(), path)
}

// replaceFile writes a small file in one step; an existing one keeps its
// permissions.
func (w *Worktree) replaceFile(path string, data []byte) error {
	p, err := w.newPlacing(path)
	if err != nil {
		return err
	}
	defer p.drop()
	if fi, err := os.Stat(path); err == nil {
		if err := p.file.Chmod(fi.Mode().Perm()); err != nil {
			return err
		}
	}
	if _, err := p.file.Write(data); err != nil {
		return err
	}
	return p.place(path, false)
}
