// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"context"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/largefile"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// Cat writes a range of a file's content to out: of a large file, reading only
// the chunks that it needs, or of a small one. object is written as git has it:
// "<rev>:<path>", ":<path>" or "<path>" for the index; a path that begins with
// "./" or "../" is relative to the directory of Worktree.Git, and so is one
// without a colon.
//
// It returns repo.ErrNotFound, and the errors of largefile.Cat.
func (w *Worktree) Cat(ctx context.Context, object string, out io.Writer, offset, length int64) error {
	id, err := w.lookUp(object)
	if err != nil {
		return err
	}
	data, large, err := w.Repo.Manifest(id)
	if err == nil && large {
		err = w.catLarge(ctx, data, out, offset, length)
	} else if err == nil {
		err = w.Repo.CopyBlob(ctx, id, &window{out, max(offset, 0), length})
	}
	if err != nil {
		return fmt.Errorf("%s: %w", object, err)
	}
	return nil
}

func (w *Worktree) catLarge(ctx context.Context, manifest []byte, out io.Writer, offset, length int64) error {
	m, err := chunkstore.ParseManifest(manifest)
	if err != nil {
		return err
	}
	if err := w.fetchAbsent(ctx, largefile.Within(m, offset, length)); err != nil {
		return err
	}
	return largefile.Cat(ctx, m, w.Store, out, offset, length)
}

// A window passes on what lies in a range. A length below 0 is all the rest.
type window struct {
	out          io.Writer
	skip, length int64
}

func (w *window) Write(p []byte) (int, error) {
	n := len(p)
	skipped := min(w.skip, int64(len(p)))
	p, w.skip = p[skipped:], w.skip-skipped
	if w.length >= 0 {
		p = p[:min(w.length, int64(len(p)))]
		w.length -= int64(len(p))
	}
	if len(p) == 0 {
		return n, nil
	}
	_, err := w.out.Write(p)
	return n, err
}

// lookUp finds the blob of "<rev>:<path>" or "<path>".
func (w *Worktree) lookUp(object string) (chunkstore.ID, error) {
	rev, p, ok := strings.Cut(object, ":")
	if !ok {
		rev, p = "", "./"+object
	}
	if w.Repo.WorkTree() != "" && (strings.HasPrefix(p, "./") || strings.HasPrefix(p, "../")) {
		rel, err := w.relative(p)
		if err != nil {
			return chunkstore.ID{}, err
		}
		p = rel
	}
	p = path.Clean(p)
	if rev != "" {
		_, id, err := w.Repo.Lookup(rev, p)
		return id, err
	}
	index, err := w.Repo.ReadIndex()
	if err != nil {
		return chunkstore.ID{}, err
	}
	if i, ok := index.Find(p); ok {
		return index.Entries[i].ID, nil
	}
	return chunkstore.ID{}, fmt.Errorf("path '%s' in the index: %w", p, repo.ErrNotFound)
}
