// SPDX-License-Identifier: Apache-2.0

package repo

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	git "github.com/libgit2/git2go/v34"

	"github.com/git-devops/git-devops/chunkstore"
)

// The modes that git gives to tree and index entries.
const (
	ModeTree       = 0o040000
	ModeFile       = 0o100644
	ModeExecutable = 0o100755
	ModeLink       = 0o120000
	ModeSubmodule  = 0o160000
)

// maxTreeDepth bounds the recursion into hostile trees. Paths are at most
// 4096 bytes long on the systems this runs on.
const maxTreeDepth = 2048

// TreeEntry is one line of a tree.
type TreeEntry struct {
	Name string
	Mode uint32
	ID   chunkstore.ID
}

// ResolveTree finds the tree that a revision, written as gitrevisions(7) has
// it, stands for. The error is ErrNotFound when there is no such revision, also
// where it could be one of several abbreviated ids, or it has no tree.
func (r *Repo) ResolveTree(rev string) (chunkstore.ID, error) {
	id, err := r.resolve(rev, git.ObjectTree)
	if isCode(err, git.ErrorCodeNotFound, git.ErrorCodeInvalidSpec, git.ErrorCodePeel, git.ErrorCodeAmbiguous) {
		return id, fmt.Errorf("tree of %q: %w", rev, ErrNotFound)
	}
	if err != nil {
		return id, fmt.Errorf("tree of %q: %w", rev, err)
	}
	return id, nil
}

func (r *Repo) resolve(rev string, kind git.ObjectType) (chunkstore.ID, error) {
	if strings.ContainsRune(rev, 0) {
		return chunkstore.ID{}, errors.New("revision contains a NUL")
	}
	object, err := r.git.RevparseSingle(rev)
	if err != nil {
		return chunkstore.ID{}, err
	}
	defer object.Free()
	peeled, err := object.Peel(kind)
	if err != nil {
		return chunkstore.ID{}, err
	}
	defer peeled.Free()
	return chunkstore.ID(*peeled.Id()), nil
}

// Tree reads one tree. A tree that git could not have written, or that is not
// safe to write to a directory, is a *chunkstore.CorruptError.
func (r *Repo) Tree(id chunkstore.ID) ([]TreeEntry, error) {
	kind, data, err := r.Object(id)
	if err != nil {
		return nil, err
	}
	if kind != "tree" {
		return nil, fmt.Errorf("read tree %s: it is a %s", id, kind)
	}
	entries, err := parseTree(data)
	if err != nil {
		return nil, &chunkstore.CorruptError{ID: id, Where: r.objectsDir, Err: err}
	}
	return entries, nil
}

// Lookup finds a path in the tree of a revision. The empty path is the tree
// itself. The error is ErrNotFound when either does not exist.
func (r *Repo) Lookup(rev, path string) (mode uint32, id chunkstore.ID, err error) {
	if id, err = r.ResolveTree(rev); err != nil {
		return 0, id, err
	}
	mode = ModeTree
	if path = strings.TrimSuffix(path, "/"); path == "" {
		return mode, id, nil
	}
	for name := range strings.SplitSeq(path, "/") {
		if mode, id, err = r.child(mode, id, name); err != nil {
			return 0, chunkstore.ID{}, fmt.Errorf("path %q in %q: %w", path, rev, err)
		}
	}
	return mode, id, nil
}

func (r *Repo) child(mode uint32, id chunkstore.ID, name string) (uint32, chunkstore.ID, error) {
	if mode != ModeTree {
		return 0, id, ErrNotFound
	}
	entries, err := r.Tree(id)
	if err != nil {
		return 0, id, err
	}
	for _, e := range entries {
		if e.Name == name {
			return e.Mode, e.ID, nil
		}
	}
	return 0, id, ErrNotFound
}

func parseTree(data []byte) ([]TreeEntry, error) {
	var entries []TreeEntry
	for len(data) > 0 {
		head, rest, ok := bytes.Cut(data, []byte{0})
		if !ok || len(rest) < len(chunkstore.ID{}) {
			return nil, errors.New("truncated tree")
		}
		mode, name, ok := bytes.Cut(head, []byte{' '})
		if !ok {
			return nil, errors.New("tree entry without a name")
		}
		e := TreeEntry{Name: string(name), ID: chunkstore.ID(rest)}
		if err := e.setMode(string(mode)); err != nil {
			return nil, err
		}
		if !safeName(e.Name) {
			return nil, fmt.Errorf("tree entry with the name %q", e.Name)
		}
		entries = append(entries, e)
		data = rest[len(e.ID):]
	}
	return entries, nil
}

// setMode takes a mode as git's trees have it. Old versions of git wrote
// others than today's, which are read as git reads them.
func (e *TreeEntry) setMode(text string) error {
	n, err := strconv.ParseUint(text, 8, 32)
	if err != nil {
		return fmt.Errorf("tree entry %q with the mode %q", e.Name, text)
	}
	switch mode := uint32(n); mode & 0o170000 {
	case 0o100000:
		e.Mode = ModeFile
		if mode&0o100 != 0 {
			e.Mode = ModeExecutable
		}
	case ModeTree, ModeLink, ModeSubmodule:
		e.Mode = mode & 0o170000
	default:
		return fmt.Errorf("tree entry %q with the mode %q", e.Name, text)
	}
	return nil
}

// safeName says whether a name may be one step of a path in a work tree.
func safeName(name string) bool {
	return name != "" && name != "." && name != ".." &&
		!strings.EqualFold(name, ".git") && !strings.ContainsAny(name, "/\x00")
}
