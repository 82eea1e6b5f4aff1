// SPDX-License-Identifier: Apache-2.0

package worktree

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/largefile"
	"github.com/git-devops/git-devops/plumbing/manifests"
	"github.com/git-devops/git-devops/plumbing/packfile"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// tidyFrom is the number of small packs from which they are put together when
// the filter, which makes one a file, is done.
const tidyFrom = 32

// A Filter cleans and smudges for git.
type Filter struct {
	w     *Worktree
	warn  func(path string, err error)
	index *repo.Index
}

// NewFilter returns a filter; warn is told which manifests were left in place
// because chunks are absent.
func (w *Worktree) NewFilter(warn func(path string, err error)) *Filter {
	return &Filter{w: w, warn: warn}
}

// Clean turns content into its manifest, whose chunks are durable and held
// before the first byte of it is written. Where the index has that manifest
// already, chunks that were dropped stay so: git reads a file again whenever
// it cannot tell by its times that it is unchanged. A manifest stays as it is.
func (f *Filter) Clean(ctx context.Context, path string, in io.Reader, out io.Writer) error {
	buffered := bufio.NewReaderSize(in, 64<<10)
	text, in, err := peekManifest(buffered)
	if err != nil {
		return err
	}
	if text == nil {
		m, err := f.capture(ctx, path, in)
		if err != nil {
			return err
		}
		text = m.Encode()
	}
	_, err = out.Write(text)
	return err
}

// peekManifest returns a manifest's text, or else the unread content.
func peekManifest(in *bufio.Reader) (text []byte, content io.Reader, err error) {
	head, err := in.Peek(64)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	if !chunkstore.IsManifest(head) {
		return nil, in, nil
	}
	data, err := io.ReadAll(io.LimitReader(in, chunkstore.MaxManifest))
	if err != nil {
		return nil, nil, err
	}
	if len(data) < chunkstore.MaxManifest {
		// One of a later version counts, too: nobody must take it for content.
		if _, err := chunkstore.ParseManifest(data); err == nil || errors.Is(err, chunkstore.ErrVersion) {
			return data, nil, nil
		}
	}
	return nil, io.MultiReader(bytes.NewReader(data), in), nil
}

func (f *Filter) capture(ctx context.Context, path string, in io.Reader) (*chunkstore.Manifest, error) {
	o := largefile.CaptureOptions{Params: f.w.Params, Previous: f.previous(path)}
	batch, err := f.w.Store.Begin(ctx)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, unix.EROFS) {
		return largefile.Capture(ctx, largefile.Stream(in), readOnly{f.w.Store, err}, o)
	}
	if err != nil {
		return nil, err
	}
	defer batch.Abort()
	m, err := largefile.Capture(ctx, largefile.Stream(in), batch, o)
	if err != nil || f.w.Store.HasDropped() && equal(m, o.Previous) {
		return m, err
	}
	if err := batch.Commit(ctx); err != nil {
		return nil, err
	}
	_ = batch.Settle() // what it cannot clear away the next run does
	return m, nil
}

// equal tells whether two manifests are the same blob. previous may be nil.
func equal(m, previous *chunkstore.Manifest) bool {
	return previous != nil && bytes.Equal(m.Encode(), previous.Encode())
}

// readOnly is a sink that cannot store. It does for git diff and git status of
// someone who may not write, as long as nothing is new.
type readOnly struct {
	store *gitstore.Store
	why   error
}

func (r readOnly) Has(id chunkstore.ID) (bool, error) { return r.store.Has(context.Background(), id) }

func (r readOnly) Append(packfile.Object) error { return r.why }

// previous finds the manifest the index has for path. It saves time only, so
// an index that cannot be read is none.
func (f *Filter) previous(path string) *chunkstore.Manifest {
	if f.index == nil {
		index, err := f.w.Repo.ReadIndex()
		if err != nil {
			index = &repo.Index{}
		}
		f.index = index
	}
	i, ok := f.index.Find(path)
	if !ok {
		return nil
	}
	return manifests.Hint(f.w.Repo, f.index.Entries[i].ID)
}

// Smudge turns a manifest into its content. When chunks are absent, or when
// it is no manifest, it stays as it is.
func (f *Filter) Smudge(ctx context.Context, path string, in io.Reader, out io.Writer) error {
	text, content, err := peekManifest(bufio.NewReaderSize(in, 64<<10))
	if err != nil {
		return err
	}
	if text == nil {
		_, err := io.Copy(out, content)
		return err
	}
	m, err := chunkstore.ParseManifest(text)
	if err == nil {
		if err := f.w.fetchAbsent(ctx, m.Pieces); err != nil {
			return err
		}
		err = f.w.allPresent(m)
	}
	if err != nil {
		f.warn(path, err)
		_, err := out.Write(text)
		return err
	}
	if err := largefile.Cat(ctx, m, f.w.Store, out, 0, -1); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// Finish is called after the last file.
func (f *Filter) Finish(ctx context.Context) error {
	return f.w.Store.MergeSmall(ctx, tidyFrom)
}
