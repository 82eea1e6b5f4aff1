// SPDX-License-Identifier: Apache-2.0

package repo

import (
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zlib"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/git"
)

// wholeBlob is the size in bytes up to which a blob is read at once. Longer ones
// libgit2 could read in parts only where they are loose.
const wholeBlob = 1 << 20

// A TooLargeError says that an object is longer than what is expected of it. It
// was not read.
type TooLargeError struct {
	ID          chunkstore.ID
	Size, Limit int64 // bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("object %v has %d bytes, and at most %d make sense", e.ID, e.Size, e.Limit)
}

// ObjectAtMost is Object for what should have no more than limit bytes. The
// error is a *TooLargeError when it has.
func (r *Repo) ObjectAtMost(id chunkstore.ID, limit int64) (kind string, data []byte, err error) {
	size, err := r.ObjectSize(id)
	if err != nil {
		return "", nil, err
	}
	if size > limit {
		return "", nil, &TooLargeError{ID: id, Size: size, Limit: limit}
	}
	return r.Object(id)
}

// CopyBlob writes a blob's content to w. However long it is, only a little is
// held in memory, unless it is stored as a delta: git resolves that in its own.
// What w got is the blob's content, and all of it, only when the error is nil.
// The others are those of Object, of w and of ctx.
func (r *Repo) CopyBlob(ctx context.Context, id chunkstore.ID, w io.Writer) error {
	size, err := r.ObjectSize(id)
	if err != nil {
		return err
	}
	if size > wholeBlob {
		return r.stream(ctx, id, size, w)
	}
	kind, data, err := r.Object(id)
	if err == nil && kind != "blob" {
		err = fmt.Errorf("is a %s, not a file", kind)
	}
	if err == nil {
		_, err = w.Write(data)
	}
	return err
}

// stream writes a blob's content to w and checks it.
func (r *Repo) stream(ctx context.Context, id chunkstore.ID, size int64, w io.Writer) error {
	sum := sha1.New()
	fmt.Fprintf(sum, "blob %d\x00", size)
	err := r.cat(ctx, id, io.MultiWriter(sum, w))
	if err == nil && chunkstore.ID(sum.Sum(nil)) != id {
		err = r.corrupt(id, errors.New("its content has another hash"))
	}
	return err
}

func (r *Repo) corrupt(id chunkstore.ID, err error) error {
	return &chunkstore.CorruptError{ID: id, Where: r.objectsDir, Err: err}
}

// cat writes a blob's content to w, unchecked.
func (r *Repo) cat(ctx context.Context, id chunkstore.ID, w io.Writer) error {
	f, err := os.Open(filepath.Join(r.objectsDir, id.String()[:2], id.String()[2:]))
	if errors.Is(err, fs.ErrNotExist) {
		return r.catPacked(ctx, id, w)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return r.catLoose(ctx, id, f, w)
}

// catPacked leaves it to git, which without these settings maps whole packs.
func (r *Repo) catPacked(ctx context.Context, id chunkstore.ID, w io.Writer) error {
	err := git.Runner{}.At(r.gitDir).Copy(ctx, w, "-c", fmt.Sprint("core.bigFileThreshold=", wholeBlob),
		"-c", "core.packedGitWindowSize=4m", "-c", "core.packedGitLimit=16m", "cat-file", "blob", id.String())
	if git.ExitCode(err) > 0 {
		err = r.corrupt(id, err)
	}
	return err
}

// catLoose does what git would map the whole file for.
func (r *Repo) catLoose(ctx context.Context, id chunkstore.ID, f io.Reader, w io.Writer) error {
	content, err := zlib.NewReader(f)
	if err != nil {
		return r.corrupt(id, err)
	}
	buf := make([]byte, 64<<10)
	for begun := false; ; {
		n, err := content.Read(buf)
		data := buf[:n]
		if !begun && n > 0 { // "blob <size>" and NUL come in the first read
			data, begun = data[bytes.IndexByte(data, 0)+1:], true
		}
		if _, err := w.Write(data); err != nil {
			return err
		}
		if err == io.EOF {
			return nil
		} else if err == nil {
			err = ctx.Err()
		} else {
			err = r.corrupt(id, err)
		}
		if err != nil {
			return err
		}
	}
}

// Manifest returns a blob that begins as a manifest does; ok is false for any
// other object, of which only the beginning is read. The errors are those of
// Object.
func (r *Repo) Manifest(id chunkstore.ID) (text []byte, ok bool, err error) {
	kind, size, err := r.header(id)
	if err != nil || kind != "blob" {
		return nil, false, err
	}
	if size > chunkstore.MaxManifest {
		return nil, false, nil
	}
	if size > wholeBlob {
		if begins, err := r.begins(id); err != nil || !begins {
			return nil, false, err
		}
	}
	_, data, err := r.Object(id)
	if err != nil || !chunkstore.IsManifest(data) {
		return nil, false, err
	}
	return data, true, nil
}

// begins tells whether a long blob may be a manifest.
func (r *Repo) begins(id chunkstore.ID) (bool, error) {
	var begin beginning
	err := r.cat(context.Background(), id, &begin)
	if err != nil && !errors.Is(err, errEnough) {
		return false, err
	}
	return chunkstore.IsManifest(begin.Bytes()), nil
}

// A beginning keeps what is written to it first.
type beginning struct{ bytes.Buffer }

var errEnough = errors.New("enough was read")

func (b *beginning) Write(p []byte) (int, error) {
	if n, _ := b.Buffer.Write(p); b.Len() < 64 {
		return n, nil
	}
	return 0, errEnough
}
