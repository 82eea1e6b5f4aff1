// SPDX-License-Identifier: Apache-2.0

package packfile

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"path/filepath"

	"github.com/git-devops/git-devops/plumbing/spool"
)

// A Pack is a finished pack in its place.
type Pack struct {
	Name string // 40 hexadecimal digits
	Path string // of the .pack file; .idx and .keep lie beside it
	Size int64  // of the .pack file, bytes
}

// Finish completes the pack, makes it and its index durable and moves them
// into packDir, the index last. When keep is not empty, a .keep file with that
// content is there before the pack is, so that no git process ever sees the
// pack without it. After an error nothing of the pack is left in packDir or in
// the spool directory. The writer is closed either way.
//
// The name is made up, not the pack's checksum as git's names are: where the
// same objects are written twice, the second pack must not share its fate with
// the first, which someone may be about to remove.
func (w *Writer) Finish(packDir, keep string) (Pack, error) {
	if w.err != nil {
		err := w.err
		w.Abort()
		return Pack{}, err
	}
	defer w.Abort()
	if len(w.entries) == 0 {
		return Pack{}, fmt.Errorf("finish pack: %w", ErrEmpty)
	}
	p, err := w.finish(packDir, keep)
	if err != nil {
		return Pack{}, fmt.Errorf("finish pack: %w", err)
	}
	return p, nil
}

// Abort drops the pack and removes its temporary file. After Finish or another
// Abort it does nothing.
func (w *Writer) Abort() {
	if w.f == nil {
		return
	}
	w.writeback.stop()
	spool.Drop(w.f)
	w.f, w.known, w.entries = nil, nil, nil
	w.err = ErrClosed
}

func (w *Writer) finish(packDir, keep string) (Pack, error) {
	w.flush()
	if w.err != nil {
		return Pack{}, w.err
	}
	trailer, err := w.seal()
	if err != nil {
		return Pack{}, err
	}
	synced := inBackground(w.f.Sync)
	index, err := spool.Create(w.dir, 0o444)
	if err == nil {
		defer spool.Drop(index)
		err = errors.Join(writeIndex(index, w.entries, trailer), index.Sync())
	}
	if err := errors.Join(err, <-synced); err != nil {
		return Pack{}, err
	}
	p := Pack{Name: newName(), Size: w.size + trailerLen}
	p.Path = filepath.Join(packDir, "pack-"+p.Name+".pack")
	return p, w.place(p, index, keep)
}

// seal writes the trailer, and before that the right count, which costs
// another pass over the pack when it was not the expected one. The disk is
// kept busy meanwhile.
func (w *Writer) seal() (trailer [trailerLen]byte, err error) {
	w.writeback.upTo(w.size)
	if len(w.entries) != w.expect {
		if _, err := w.f.WriteAt(appendPackHeader(nil, len(w.entries)), 0); err != nil {
			return trailer, err
		}
		w.sum.Reset()
		if err := hashFile(context.Background(), w.sum, w.f, w.size, nil); err != nil {
			return trailer, err
		}
	}
	w.sum.Sum(trailer[:0])
	_, err = w.f.WriteAt(trailer[:], w.size)
	return trailer, err
}

// hashFile adds the first size bytes of f to sum.
func hashFile(ctx context.Context, sum hash.Hash, f io.ReaderAt, size int64, progress func(int64)) error {
	buf := make([]byte, 256<<10)
	for at := int64(0); at < size; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := f.ReadAt(buf[:min(int64(len(buf)), size-at)], at)
		if n == 0 {
			return errors.Join(err, io.ErrUnexpectedEOF)
		}
		sum.Write(buf[:n])
		at += int64(n)
		if progress != nil {
			progress(int64(n))
		}
	}
	return nil
}

func inBackground(f func() error) <-chan error {
	c := make(chan error, 1)
	go func() { c <- f() }()
	return c
}
