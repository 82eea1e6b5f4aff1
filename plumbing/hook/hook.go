// SPDX-License-Identifier: Apache-2.0

// Package hook puts git hooks into a repository and takes them out. Invariant:
// a hook that someone else has written is never changed, and one of ours is
// there whole or not at all.
package hook

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/plumbing/spool"
)

// State says what stands at a hook's place.
type State string

// The values of State.
const (
	Absent  State = "absent"
	Ours    State = "ours"
	Chained State = "chained" // someone else's, which runs our verb
	Foreign State = "foreign"
)

// A Hook is one hook of a repository.
type Hook struct {
	Name   string // as git calls it, and the verb that it runs
	Script string
	Path   string // where git looks for it
	// Shared says that core.hooksPath leads there: it may be the place of
	// other repositories' hooks, too.
	Shared bool

	spool string
}

// Of returns the hook of a repository.
func Of(r *repo.Repo, name, script string) (Hook, error) {
	h := Hook{Name: name, Script: script, spool: filepath.Join(r.CommonDir(), "devops", "spool")}
	dir, shared, err := r.Config("core.hooksPath")
	if err != nil {
		return h, err
	}
	h.Shared = shared
	switch {
	case !shared:
		dir = filepath.Join(r.CommonDir(), "hooks")
	case !filepath.IsAbs(dir) && r.WorkTree() != "":
		dir = filepath.Join(r.WorkTree(), dir)
	case !filepath.IsAbs(dir):
		dir = filepath.Join(r.GitDir(), dir)
	}
	h.Path = filepath.Join(dir, name)
	return h, nil
}

// State looks at what stands there.
func (h Hook) State() (State, error) {
	there, err := os.ReadFile(h.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Absent, nil
	case err != nil:
		return Foreign, fmt.Errorf("look at hook: %w", err)
	case string(there) == h.Script:
		return Ours, nil
	case runs(there, h.Name):
		return Chained, nil
	}
	return Foreign, nil
}

// runs tells whether a script has a line, not a comment, that runs the verb.
func runs(script []byte, verb string) bool {
	line := regexp.MustCompile(`^[^#]*\b(git[ -]devops|gdo)\b[^#]*\b` + regexp.QuoteMeta(verb) + `\b`)
	for l := range bytes.Lines(script) {
		if line.Match(l) {
			return true
		}
	}
	return false
}

// Install writes the hook where none is; else the error is fs.ErrExist.
func (h Hook) Install() error {
	if err := h.install(); err != nil {
		return fmt.Errorf("install hook %s: %w", h.Path, err)
	}
	return nil
}

func (h Hook) install() error {
	for _, dir := range []string{h.spool, filepath.Dir(h.Path)} {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return err
		}
	}
	f, err := spool.Create(h.spool, 0o777)
	if err != nil {
		return err
	}
	defer spool.Drop(f)
	if _, err := f.WriteString(h.Script); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	err = os.Link(f.Name(), h.Path)
	if errors.Is(err, unix.EXDEV) || errors.Is(err, unix.EPERM) {
		return h.installHere()
	}
	return err
}

// installHere is for a directory that the spool has no links with.
func (h Hook) installHere() error {
	f, err := os.OpenFile(h.Path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o777)
	if err != nil {
		return err
	}
	_, err = f.WriteString(h.Script)
	return errors.Join(err, f.Close())
}

// Remove removes the hook, which must be ours.
func (h Hook) Remove() error {
	if err := os.Remove(h.Path); err != nil {
		return fmt.Errorf("remove hook: %w", err)
	}
	return nil
}
