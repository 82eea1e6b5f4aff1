// SPDX-License-Identifier: Apache-2.0

package drift

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/largefile"
	"github.com/git-devops/git-devops/plumbing/live"
	"github.com/git-devops/git-devops/plumbing/manifests"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/packfile"
)

// A Root gives what is live. Package rootfs has one.
type Root interface {
	OpenFile(path string) (*os.File, error)
	Readlink(path string) (string, error)
}

// A ChangedError says that a path changed while it was saved.
type ChangedError struct{ Path string }

func (e *ChangedError) Error() string { return e.Path + " changed while it was saved" }

// An EndlessError says that a file is too long to be saved.
type EndlessError struct {
	Path string
	Size int64 // bytes
}

func (e *EndlessError) Error() string {
	return fmt.Sprintf("%s has %d bytes, too many to be saved before it is replaced", e.Path, e.Size)
}

// Hint says what can be done about it.
func (e *EndlessError) Hint() string {
	return "shorten it with 'truncate', or move it away; or leave it as it is with the attribute devops-drift=keep"
}

// maxBlob is the size in bytes from which on a file is cut into chunks although
// nobody calls it large: a log that grew where a small file was.
const maxBlob = 8 << 20

// content stores what is at an entry's path and returns its blob.
func (w *writer) content(ctx context.Context, e *Entry) (chunkstore.ID, error) {
	if e.Live.Type == node.Symlink {
		target, err := w.Root.Readlink(e.Path)
		if err != nil {
			return chunkstore.ID{}, err
		}
		return w.expected(e, []byte(target))
	}
	f, err := w.Root.OpenFile(e.Path)
	if err != nil {
		return chunkstore.ID{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return chunkstore.ID{}, err
	}
	if !e.Live.Large && info.Size() >= live.Endless {
		return chunkstore.ID{}, &EndlessError{e.Path, info.Size()}
	}
	if !e.Live.Large && info.Size() < maxBlob {
		data, err := io.ReadAll(io.LimitReader(f, maxBlob))
		if err != nil {
			return chunkstore.ID{}, fmt.Errorf("read %s: %w", e.Path, err)
		}
		return w.expected(e, data)
	}
	return w.large(ctx, e, f, info.Size())
}

// expected stores data when it is what the entry says.
func (w *writer) expected(e *Entry, data []byte) (chunkstore.ID, error) {
	id := chunkstore.BlobID(data)
	if id != e.Live.Content {
		return id, &ChangedError{e.Path}
	}
	return id, w.object(packfile.Blob, id, data)
}

// large stores a file as chunks and a manifest. A file that holds a manifest,
// because its chunks were not there, is stored as that.
func (w *writer) large(ctx context.Context, e *Entry, f *os.File, size int64) (chunkstore.ID, error) {
	if _, text, ok := largefile.ReadManifest(f, size); ok {
		return w.expected(e, text)
	}
	params := w.Params
	var known *chunkstore.Manifest
	if e.Live.Large {
		if known = manifests.Hint(w.Repo, e.Live.Content); known != nil {
			params = known.Params
		}
	}
	src, err := largefile.NewFile(f, params.Min)
	if err != nil {
		return chunkstore.ID{}, err
	}
	m, err := largefile.Capture(ctx, src, w.batch, largefile.CaptureOptions{Params: params, Previous: known, SizeHint: size})
	if errors.Is(err, largefile.ErrChanged) {
		return chunkstore.ID{}, &ChangedError{e.Path}
	}
	if err != nil {
		return chunkstore.ID{}, err
	}
	if known != nil {
		return w.expected(e, m.Encode())
	}
	// What Live calls it by would take another reading, or the parameters that
	// counted when it was looked at. Who replaces the file makes sure that it is
	// the one that was looked at.
	return w.blob(m.Encode())
}
