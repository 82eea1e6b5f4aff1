// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"context"
	"errors"
	"os"
	"syscall"

	"github.com/git-devops/git-devops/chunkstore"
)

// Seeds is the large files of the work tree as a store that can only be read:
// what looks as if it were the content of the index's manifest. Never a copy
// to rely on, but a place to look.
type Seeds struct {
	w      *Worktree
	chunks map[chunkstore.ID]seedAt
}

type seedAt struct {
	path           string
	offset, length int64
}

var errReadOnly = errors.New("the work tree takes no chunks")

// Seeds finds them. It reads no file.
func (w *Worktree) Seeds(ctx context.Context) (*Seeds, error) {
	s := &Seeds{w: w, chunks: map[chunkstore.ID]seedAt{}}
	if w.Repo.WorkTree() == "" {
		return s, nil
	}
	entries, err := w.largeEntries(ctx, "", nil)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		t := w.target(e)
		var st syscall.Stat_t
		if t == nil || t.err != nil || w.lstat(e.Path, &st) != nil || st.Size != t.manifest.Size {
			continue
		}
		var offset int64
		for _, p := range t.manifest.Pieces {
			if !p.Hole {
				s.chunks[p.ID] = seedAt{e.Path, offset, p.Length}
			}
			offset += p.Length
		}
	}
	return s, nil
}

// Has implements chunkstore.Store.
func (s *Seeds) Has(ctx context.Context, id chunkstore.ID) (bool, error) {
	_, ok := s.chunks[id]
	return ok, ctx.Err()
}

// Get implements chunkstore.Store.
func (s *Seeds) Get(ctx context.Context, id chunkstore.ID) ([]byte, error) {
	at, ok := s.chunks[id]
	if !ok {
		return nil, &chunkstore.MissingError{ID: id}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := openFile(s.w.abs(at.path))
	if errors.Is(err, os.ErrNotExist) {
		return nil, &chunkstore.MissingError{ID: id}
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, at.length)
	if _, err := f.ReadAt(data, at.offset); err != nil {
		return nil, &chunkstore.CorruptError{ID: id, Where: at.path, Err: err}
	}
	return data, chunkstore.Verify(id, data, at.path)
}

// Put implements chunkstore.Store. It always fails.
func (*Seeds) Put(context.Context, chunkstore.ID, []byte) error { return errReadOnly }
