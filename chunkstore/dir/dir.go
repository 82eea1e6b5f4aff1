// SPDX-License-Identifier: Apache-2.0

package dir

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/chunkstore/passive"
)

const (
	objectsDir = "objects"
	tmpDir     = "tmp"
)

// A Dir is an open directory of bodies; it implements passive.Bodies.
type Dir struct {
	path   string
	root   *os.Root
	mark   passive.Mark
	marked *os.File // the mark: while it is open, FAT does not renumber it
	syncfs bool     // one call makes everything durable
	dirs   made
}

var _ passive.Bodies = (*Dir)(nil)

// Open opens the store in the directory path. Where no store is, be it that
// there is no directory or no mark in it, it returns an
// *passive.OfflineError. The caller closes the Dir.
func Open(path string) (*Dir, error) {
	d := &Dir{path: path}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, &passive.OfflineError{Place: d.Name(), Err: cause(err)}
	}
	d.root = root
	if err := d.readMark(); err != nil {
		root.Close()
		return nil, err
	}
	d.syncfs = syncfsIsEnough(root)
	d.sweep()
	return d, nil
}

// readMark reads the mark, and keeps it open unless there is an error.
func (d *Dir) readMark() error {
	f, err := d.root.Open(passive.MarkName)
	if errors.Is(err, fs.ErrNotExist) {
		return &passive.OfflineError{Place: d.Name(), Err: fmt.Errorf("there is no file %s, by which a store is known", passive.MarkName)}
	}
	if err != nil {
		return d.wrap("read the mark", err)
	}
	data, err := io.ReadAll(io.LimitReader(f, passive.MaxMark+1))
	if err != nil {
		f.Close()
		return d.wrap("read the mark", err)
	}
	if d.mark, err = passive.ParseMark(data); err != nil {
		f.Close()
		return fmt.Errorf("%s: %w", d.Name(), err)
	}
	d.marked = f
	return nil
}

// Create makes the directory path, which may exist, a store with this mark,
// and opens it. Where one is already, it returns that one.
func Create(path string, mark passive.Mark) (*Dir, error) {
	d, err := Open(path)
	var offline *passive.OfflineError
	if !errors.As(err, &offline) {
		return d, err
	}
	if err := os.Mkdir(path, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("create a store: %w", err)
	}
	if err := writeMark(path, mark); err != nil {
		return nil, fmt.Errorf("create a store: %w", err)
	}
	return Open(path)
}

// writeMark writes the mark in one step, unless one is there. Links are not to
// be had everywhere, so of two who do this at once the later wins, and both go
// on with what Open then finds.
func writeMark(path string, mark passive.Mark) error {
	root, err := os.OpenRoot(path)
	if err != nil {
		return err
	}
	defer root.Close()
	d := &Dir{path: path, root: root}
	if err := d.makeDir(tmpDir); err != nil {
		return err
	}
	t, err := d.temp(mark.Encode())
	if err != nil {
		return err
	}
	defer t.drop()
	if err := t.f.Sync(); err != nil {
		return err
	}
	if _, err := root.Lstat(passive.MarkName); err == nil {
		return nil
	}
	if err := root.Rename(t.name, passive.MarkName); err != nil {
		return err
	}
	if err := syncDir(root, "."); err != nil {
		return err
	}
	parent, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer parent.Close()
	return syncDir(parent, ".")
}

// Close closes the directory. No other method may be running or called later.
func (d *Dir) Close() error { return errors.Join(d.marked.Close(), d.root.Close()) }

// Name implements passive.Bodies.
func (d *Dir) Name() string { return "dir:" + d.path }

// Mark implements passive.Bodies.
func (d *Dir) Mark() passive.Mark { return d.mark }

// body is the name of a chunk's body below the root.
func (d *Dir) body(id chunkstore.ID) string {
	sub, file := d.mark.BodyName(id)
	return objectsDir + "/" + sub + "/" + file
}

// Read implements passive.Bodies.
func (d *Dir) Read(ctx context.Context, id chunkstore.ID) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := d.root.Open(d.body(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, d.missing(id)
	}
	if err != nil {
		return nil, d.wrap("read object "+id.String(), err)
	}
	defer f.Close()
	fi, err := f.Stat()
	switch {
	case err != nil:
		return nil, d.wrap("read object "+id.String(), err)
	case !fi.Mode().IsRegular() || fi.Size() > passive.MaxBody:
		return nil, &chunkstore.CorruptError{ID: id, Where: d.Name(), Err: errors.New("it is not a file, or too long for a chunk")}
	}
	body := make([]byte, fi.Size())
	if _, err := io.ReadFull(f, body); err != nil {
		return nil, d.wrap("read object "+id.String(), err)
	}
	return body, nil
}

// missing is the answer for a body that is not there, if the disk still is.
func (d *Dir) missing(id chunkstore.ID) error {
	if err := d.present(); err != nil {
		return err
	}
	return &chunkstore.MissingError{ID: id}
}

// Have implements passive.Bodies.
func (d *Dir) Have(ctx context.Context, ids []chunkstore.ID) ([]bool, error) {
	have := make([]bool, len(ids))
	absent := false
	for i, id := range ids {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		fi, err := d.root.Lstat(d.body(id))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, d.wrap("look for object "+id.String(), err)
		}
		have[i] = err == nil && fi.Mode().IsRegular()
		absent = absent || !have[i]
	}
	if absent {
		if err := d.present(); err != nil {
			return nil, err
		}
	}
	return have, nil
}

// Delete implements passive.Bodies.
func (d *Dir) Delete(ctx context.Context, id chunkstore.ID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	name := d.body(id)
	err := d.root.Remove(name)
	if errors.Is(err, fs.ErrNotExist) {
		return d.present()
	}
	if err == nil {
		err = syncDir(d.root, filepath.Dir(name))
	}
	if err != nil {
		return d.wrap("delete object "+id.String(), err)
	}
	return d.present()
}

// Each implements passive.Bodies.
func (d *Dir) Each(ctx context.Context, fn func(chunkstore.ID) error) error {
	for i := range 256 {
		if err := d.eachIn(ctx, fmt.Sprintf("%02x", i), fn); err != nil {
			return err
		}
	}
	return d.present()
}

func (d *Dir) eachIn(ctx context.Context, sub string, fn func(chunkstore.ID) error) error {
	f, err := d.root.Open(objectsDir + "/" + sub)
	if errors.Is(err, fs.ErrNotExist) {
		return ctx.Err()
	}
	if err != nil {
		return d.wrap("list objects", err)
	}
	defer f.Close()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		entries, err := f.ReadDir(1024)
		for _, e := range entries {
			id, ok := d.mark.BodyID(sub, e.Name())
			if !ok || !e.Type().IsRegular() {
				continue
			}
			if err := fn(id); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return d.wrap("list objects", err)
		}
	}
}
