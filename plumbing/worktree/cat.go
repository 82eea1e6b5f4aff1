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
	kind, data, err := w.Repo.Object(id)
	if err != nil {
		return fmt.Errorf("%s: %w", object, err)
	}
	if kind != "blob" {
		return fmt.Errorf("%s: is a %s, not a file", object, kind)
	}
	if !chunkstore.IsManifest(data) {
		return catSmall(data, out, offset, length)
	}
	m, err := chunkstore.ParseManifest(data)
	if err == nil {
		err = w.fetchAbsent(ctx, largefile.Within(m, offset, length))
	}
	if err == nil {
		err = largefile.Cat(ctx, m, w.Store, out, offset, length)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", object, err)
	}
	return nil
}

func catSmall(data []byte, out io.Writer, offset, length int64) error {
	data = data[min(max(offset, 0), int64(len(data))):]
	if length >= 0 && length < int64(len(data)) {
		data = data[:length]
	}
	_, err := out.Write(data)
	return err
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
