// SPDX-License-Identifier: Apache-2.0

// Package repo is a git repository as this program needs it: where its parts
// lie, its configuration, refs, objects, trees and index. It is the only
// importer of git2go. Invariants: what it writes is durable (fsynced) when the
// call returns, a ref moves only from the value the caller saw, and the index
// is replaced whole or not at all, whenever the process dies.
//
// The index is read and written here in Go: git2go drops the device and inode
// numbers without which git reads every file again, and libgit2 takes 50 ms to
// read 100,000 entries where this takes a third of that. See index_read.go.
//
// It writes no packs (package packfile does) and does not talk to the network.
package repo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	git "github.com/libgit2/git2go/v34"
)

// Options say which repository to open.
type Options struct {
	// Dir is where the search for a repository begins, and what the other
	// paths are relative to. "" is the current directory.
	Dir string
	// GitDir, WorkTree and IndexFile are the caller's GIT_DIR, GIT_WORK_TREE
	// and GIT_INDEX_FILE. "" is found out from Dir.
	GitDir    string
	WorkTree  string
	IndexFile string
	// Config are values that count before those of the files, as git's -c does,
	// by key in lower case.
	Config map[string]string
}

// Repo is an open repository. Its methods may be called concurrently.
type Repo struct {
	git     *git.Repository
	odb     *git.Odb
	config  *git.Config
	configs map[string]string // Options.Config

	gitDir, commonDir, workTree, indexFile string
	objectsDir                             string

	// lockWait is how long to wait for a lock of git's.
	lockWait time.Duration
}

// Open opens a repository. The errors are ErrNotRepository, ErrOwnership, or
// ErrUnsupported for SHA-256 repositories and for formats newer than this
// program. With Options.GitDir set, the owner of the repository is not looked
// at, as git does not then either.
func Open(o Options) (*Repo, error) {
	if err := configureOnce(); err != nil {
		return nil, fmt.Errorf("set up libgit2: %w", err)
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("open repository: %w", err)
	}
	o.Dir = dir
	r := &Repo{configs: o.Config, lockWait: 10 * time.Second}
	err = withOwnerCheck(o.GitDir == "", func() error {
		r.git, err = openGit(o)
		return err
	})
	if err != nil {
		return nil, explainOpen(o, err)
	}
	if err := r.fill(o); err != nil {
		r.Close()
		return nil, fmt.Errorf("open repository %s: %w", o.start(), err)
	}
	return r, nil
}

// Discover says whether a search from dir leads to a repository.
func Discover(dir string) bool {
	found, err := git.Discover(dir, false, nil)
	return err == nil && found != ""
}

// Close frees what the repository holds in memory.
func (r *Repo) Close() {
	if r.config != nil {
		r.config.Free()
	}
	if r.odb != nil {
		r.odb.Free()
	}
	r.git.Free()
}

// GitDir is the absolute path of the repository proper. In a linked work tree
// it is that work tree's own part.
func (r *Repo) GitDir() string { return r.gitDir }

// CommonDir is what all work trees of the repository share: refs and objects.
func (r *Repo) CommonDir() string { return r.commonDir }

// WorkTree is the absolute path of the work tree, "" in a bare repository.
func (r *Repo) WorkTree() string { return r.workTree }

// ObjectsDir is the absolute path of the object directory.
func (r *Repo) ObjectsDir() string { return r.objectsDir }

// IndexFile is the absolute path of the index.
func (r *Repo) IndexFile() string { return r.indexFile }

func (o Options) start() string {
	if o.GitDir != "" {
		return o.abs(o.GitDir)
	}
	return o.Dir
}

func (o Options) abs(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(o.Dir, path)
}

func openGit(o Options) (*git.Repository, error) {
	if strings.ContainsRune(o.start(), 0) {
		return nil, errors.New("path contains a NUL")
	}
	flags := git.RepositoryOpenFlag(0)
	if o.GitDir != "" {
		flags = git.RepositoryOpenNoSearch | git.RepositoryOpenNoDotGit
	}
	return git.OpenRepositoryExtended(o.start(), flags, "")
}

// fill finds the parts of the repository that has just been opened.
func (r *Repo) fill(o Options) (err error) {
	if r.odb, err = r.git.Odb(); err != nil {
		return err
	}
	if r.config, err = r.git.Config(); err != nil {
		return err
	}
	if err := r.checkFormat(); err != nil {
		return err
	}
	common, err := r.git.ItemPath(git.RepositoryItemCommonDir)
	if err != nil {
		return err
	}
	objects, err := r.git.ItemPath(git.RepositoryItemObjects)
	if err != nil {
		return err
	}
	r.gitDir = filepath.Clean(r.git.Path())
	r.commonDir = filepath.Clean(common)
	r.objectsDir = filepath.Clean(objects)
	if err := r.addWorktreeConfig(); err != nil {
		return err
	}
	if r.workTree, err = r.findWorkTree(o); err != nil {
		return err
	}
	r.indexFile = r.findIndex(o)
	return nil
}

func (r *Repo) checkFormat() error {
	format, ok, err := r.Config("extensions.objectformat")
	if err != nil {
		return err
	}
	if ok && !strings.EqualFold(format, "sha1") {
		return unsupported("object format %s; only sha1 repositories can be used", format)
	}
	return nil
}

// findWorkTree follows git: GIT_WORK_TREE wins; a GIT_DIR alone makes the
// current directory the top of the work tree, unless the configuration says
// where it is or that there is none.
func (r *Repo) findWorkTree(o Options) (string, error) {
	if o.WorkTree != "" {
		return o.abs(o.WorkTree), nil
	}
	if r.git.IsBare() {
		return "", nil
	}
	if o.GitDir != "" {
		_, set, err := r.Config("core.worktree")
		if err != nil {
			return "", err
		}
		if !set {
			return o.Dir, nil
		}
	}
	return cleanDir(r.git.Workdir()), nil
}

// findIndex takes a relative GIT_INDEX_FILE from the top of the work tree,
// which is where git's own processes run.
func (r *Repo) findIndex(o Options) string {
	switch {
	case o.IndexFile == "":
		return filepath.Join(r.gitDir, "index")
	case filepath.IsAbs(o.IndexFile) || r.workTree == "":
		return o.abs(o.IndexFile)
	}
	return filepath.Join(r.workTree, o.IndexFile)
}

func cleanDir(path string) string {
	if path == "" {
		return ""
	}
	return filepath.Clean(path)
}

// explainOpen turns libgit2's refusal into one of this package's errors.
func explainOpen(o Options, err error) error {
	start := o.start()
	if isOwnership(err) {
		return fmt.Errorf("open repository %s: %w; to trust it: git config --global --add safe.directory %s",
			start, ErrOwnership, start)
	}
	if isCode(err, git.ErrorCodeNotFound) {
		if _, statErr := os.Stat(start); statErr != nil {
			return fmt.Errorf("open repository: %w: %w", ErrNotRepository, statErr)
		}
		return fmt.Errorf("%w (or any of the parent directories): %s", ErrNotRepository, start)
	}
	if reason := newerFormat(o); reason != nil {
		return fmt.Errorf("open repository %s: %w", start, reason)
	}
	return fmt.Errorf("open repository %s: %w", start, err)
}

// newerFormat looks into the configuration of a repository that libgit2 would
// not open for the reason, because libgit2 gives it as prose only.
func newerFormat(o Options) error {
	gitDir := o.start()
	if o.GitDir == "" {
		found, err := git.Discover(o.Dir, false, nil)
		if err != nil {
			return nil
		}
		gitDir = found
	}
	if common, err := os.ReadFile(filepath.Join(gitDir, "commondir")); err == nil {
		gitDir = filepath.Join(gitDir, strings.TrimSpace(string(common)))
	}
	config, err := git.OpenOndisk(filepath.Join(gitDir, "config"))
	if err != nil {
		return nil
	}
	defer config.Free()
	if v, err := config.LookupInt32("core.repositoryformatversion"); err == nil && v > 1 {
		return unsupported("repository format version %d", v)
	}
	return unknownExtension(config)
}

func unknownExtension(config *git.Config) error {
	iter, err := config.NewIteratorGlob(`^extensions\.`)
	if err != nil {
		return nil
	}
	defer iter.Free()
	for {
		entry, err := iter.Next()
		if err != nil {
			return nil
		}
		switch name := strings.TrimPrefix(entry.Name, "extensions."); name {
		case "objectformat", "worktreeconfig", "partialclone", "noop":
		default:
			return unsupported("extension %s", name)
		}
	}
}
