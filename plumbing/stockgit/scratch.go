// SPDX-License-Identifier: Apache-2.0

package stockgit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/git-devops/git-devops/plumbing/git"
	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/plumbing/spool"
)

// scratchSuffix is what the name of a scratch repository has after that of its
// lock file.
const scratchSuffix = ".git"

// A scratch is a bare repository for one push or fetch. It has no refs. It is
// configured as the repository it serves, so that git reaches a server the
// same way.
type scratch struct {
	lock *os.File // names the living, see package spool
	dir  string
	git  git.Runner
}

// newScratch makes a scratch repository for r, which g runs beside. With
// borrow it has r's objects, too.
func newScratch(r *repo.Repo, g git.Runner, borrow bool) (*scratch, error) {
	place := scratchPlace(r)
	if err := errors.Join(os.MkdirAll(place, 0o777), clearScratch(place)); err != nil {
		return nil, fmt.Errorf("make scratch repository: %w", err)
	}
	lock, err := spool.Create(place, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make scratch repository: %w", err)
	}
	s := &scratch{lock: lock, dir: lock.Name() + scratchSuffix}
	s.git = g.At(s.dir)
	if err := s.fill(r, borrow); err != nil {
		s.remove()
		return nil, fmt.Errorf("make scratch repository: %w", err)
	}
	return s, nil
}

func scratchPlace(r *repo.Repo) string { return filepath.Join(r.CommonDir(), "devops", "scratch") }

// Sweep clears away what killed pushes and fetches have left in r, as the next
// one does.
func Sweep(r *repo.Repo) error { return clearScratch(scratchPlace(r)) }

// clearScratch removes the scratch repositories whose owners are dead.
func clearScratch(place string) error {
	if err := spool.Sweep(place); err != nil {
		return err
	}
	dirs, err := filepath.Glob(escapeGlob(place) + "/*" + scratchSuffix)
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		// Who makes one makes the lock first, and removes it last.
		_, err := os.Lstat(strings.TrimSuffix(dir, scratchSuffix))
		if errors.Is(err, fs.ErrNotExist) {
			err = os.RemoveAll(dir)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// fill writes what git takes for a repository, HEAD last.
func (s *scratch) fill(r *repo.Repo, borrow bool) error {
	files := []struct{ name, content string }{
		{"config", fmt.Sprintf(scratchConfig, quoteValue(filepath.Join(r.CommonDir(), "config")))},
		{"HEAD", "ref: refs/heads/none\n"},
	}
	if borrow {
		alternates := quotePath(r.ObjectsDir()) + "\n"
		files = append([]struct{ name, content string }{{"objects/info/alternates", alternates}}, files...)
	}
	for _, dir := range []string{"objects/pack", "objects/info", "refs/heads", "spool"} {
		if err := os.MkdirAll(filepath.Join(s.dir, dir), 0o700); err != nil {
			return err
		}
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(s.dir, f.name), []byte(f.content), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// scratchConfig: what comes after the include counts. A fetched pack stays one;
// git looks for no deltas, which chunks have not, and need not sync what is
// thrown away.
const scratchConfig = `[include]
	path = %s
[core]
	repositoryformatversion = 0
	bare = true
	bigFileThreshold = 512k
	fsync = none
	hooksPath = /dev/null
[fetch]
	unpackLimit = 1
	writeCommitGraph = false
	recurseSubmodules = false
[transfer]
	unpackLimit = 1
[pack]
	window = 0
	depth = 0
[gc]
	auto = 0
[maintenance]
	auto = false
[push]
	followTags = false
	recurseSubmodules = no
	negotiate = false
`

// quoteValue writes a value for a configuration file.
func quoteValue(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}

// quotePath writes a path for info/alternates as git's C style has it.
func quotePath(s string) string {
	if !strings.ContainsAny(s, "\n\"\\") {
		return s
	}
	return quoteValue(s)
}

// packDir is where its packs are, spool where they are made.
func (s *scratch) packDir() string { return filepath.Join(s.dir, "objects", "pack") }
func (s *scratch) spool() string   { return filepath.Join(s.dir, "spool") }

// remove removes the scratch repository; what cannot be removed is left to the
// next run.
func (s *scratch) remove() {
	if os.RemoveAll(s.dir) == nil {
		spool.Drop(s.lock)
		return
	}
	_ = s.lock.Close()
}
