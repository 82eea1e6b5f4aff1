// SPDX-License-Identifier: Apache-2.0

package repo

import (
	"bytes"
	"fmt"

	git "github.com/libgit2/git2go/v34"

	"github.com/git-devops/git-devops/chunkstore"
)

// Object reads an object. Its content has been checked against its id. The
// error is a *chunkstore.MissingError when the object is not here, after the
// object directory has been looked at again for packs that others added, and
// a *chunkstore.CorruptError when what is stored is not the object.
func (r *Repo) Object(id chunkstore.ID) (kind string, data []byte, err error) {
	oid := git.Oid(id)
	object, err := r.odb.Read(&oid)
	switch {
	case isCode(err, git.ErrorCodeNotFound):
		return "", nil, &chunkstore.MissingError{ID: id}
	case isCode(err, git.ErrorCodeMismatch):
		return "", nil, &chunkstore.CorruptError{ID: id, Where: r.objectsDir, Err: err}
	case err != nil:
		return "", nil, fmt.Errorf("read object %s: %w", id, err)
	}
	defer object.Free()
	return kindName(object.Type()), bytes.Clone(object.Data()), nil
}

// ObjectSize returns how large an object's content is, in bytes, without reading
// it. The error is a *chunkstore.MissingError when the object is not here.
func (r *Repo) ObjectSize(id chunkstore.ID) (int64, error) {
	_, size, err := r.header(id)
	return size, err
}

// header returns an object's kind and size.
func (r *Repo) header(id chunkstore.ID) (kind string, size int64, err error) {
	oid := git.Oid(id)
	n, t, err := r.odb.ReadHeader(&oid)
	if isCode(err, git.ErrorCodeNotFound) {
		return "", 0, &chunkstore.MissingError{ID: id}
	}
	if err != nil {
		return "", 0, fmt.Errorf("read object %s: %w", id, err)
	}
	return kindName(t), int64(n), nil
}

// Has says whether an object is in the repository. For an id that is absent
// the object directory is read again, so it is not for long lists of those.
func (r *Repo) Has(id chunkstore.ID) (bool, error) {
	oid := git.Oid(id)
	_, _, err := r.odb.ReadHeader(&oid)
	if isCode(err, git.ErrorCodeNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for object %s: %w", id, err)
	}
	return true, nil
}

// WriteObject stores an object as a loose one, fsynced, unless the repository
// has it, and returns its id. The kind is blob, tree, commit or tag.
func (r *Repo) WriteObject(kind string, data []byte) (chunkstore.ID, error) {
	kindNumber, err := parseKind(kind)
	if err != nil {
		return chunkstore.ID{}, err
	}
	oid, err := r.odb.Write(data, kindNumber)
	if err != nil {
		return chunkstore.ID{}, fmt.Errorf("write %s object: %w", kind, err)
	}
	return chunkstore.ID(*oid), nil
}

func kindName(t git.ObjectType) string {
	switch t {
	case git.ObjectCommit:
		return "commit"
	case git.ObjectTree:
		return "tree"
	case git.ObjectTag:
		return "tag"
	}
	return "blob"
}

func parseKind(kind string) (git.ObjectType, error) {
	switch kind {
	case "commit":
		return git.ObjectCommit, nil
	case "tree":
		return git.ObjectTree, nil
	case "blob":
		return git.ObjectBlob, nil
	case "tag":
		return git.ObjectTag, nil
	}
	return git.ObjectInvalid, fmt.Errorf("object kind %q is unknown", kind)
}
