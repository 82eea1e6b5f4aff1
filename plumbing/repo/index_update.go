// SPDX-License-Identifier: Apache-2.0

package repo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// errIndexMoved says that git replaced the index while the next one was made.
var errIndexMoved = errors.New("index was replaced meanwhile")

// UpdateIndex changes the index: fn says how. Other programs see the index as
// it was or with all of the changes, which are fsynced when UpdateIndex
// returns. fn is called again when another program has changed the index in
// the meantime, with what it is then. UpdateIndex waits for others like it
// until ctx ends, and some seconds for git, then the error is ErrBusy. When fn
// changes nothing, nothing is written. With ErrNotSynced the index is changed.
func (r *Repo) UpdateIndex(ctx context.Context, fn func(tx *IndexTx) error) error {
	p := r.indexReplacement()
	guard, err := p.begin(ctx)
	if err != nil {
		return fmt.Errorf("update index: %w", err)
	}
	defer guard.Close()
	for {
		err := r.tryUpdateIndex(ctx, p, fn)
		if errors.Is(err, errIndexMoved) {
			continue
		}
		return err
	}
}

// ClearDead removes what processes that were killed while they replaced the
// index, the configuration or one of these refs have left. The next replacement
// would, too.
func (r *Repo) ClearDead(ctx context.Context, refs ...string) error {
	config, err := r.configReplacement()
	if err != nil {
		return err
	}
	err = errors.Join(config.clearDead(ctx), r.indexReplacement().clearDead(ctx))
	for _, name := range refs {
		err = errors.Join(err, r.refReplacement(name).clearDead(ctx))
	}
	return err
}

// indexReplacement stages the repository's own index beside the kernel lock
// and any other, which may be on another file system, beside itself.
func (r *Repo) indexReplacement() replacement {
	dir := filepath.Join(r.gitDir, "devops")
	p := replacement{
		target: r.indexFile,
		staged: filepath.Join(dir, "index.new"),
		flock:  filepath.Join(dir, "index.flock"),
		wait:   r.lockWait,
	}
	if r.indexFile != filepath.Join(r.gitDir, "index") {
		p.staged = r.indexFile + ".devops-new"
	}
	return p
}

func (r *Repo) tryUpdateIndex(ctx context.Context, p replacement, fn func(tx *IndexTx) error) error {
	base, f, err := openIndex(r.indexFile)
	if err != nil {
		return err
	}
	if f != nil {
		defer f.Close()
	}
	tx := &IndexTx{base: base}
	if err := fn(tx); err != nil {
		return err
	}
	next, err := tx.apply()
	if err != nil || next == nil {
		return err
	}
	if err := tx.cacheTrees(next); err != nil {
		return fmt.Errorf("write trees: %w", err)
	}
	if err := p.stage(next.encode(), modeOf(f)); err != nil {
		return errors.Join(fmt.Errorf("write index: %w", err), p.clear())
	}
	err = p.publish(ctx, func() error { return sameIndex(f, r.indexFile) })
	if err != nil {
		return fmt.Errorf("replace index: %w", err)
	}
	return nil
}

// modeOf keeps the permissions of the index; a new one gets the umask's.
func modeOf(f *os.File) fs.FileMode {
	if f == nil {
		return 0
	}
	fi, err := f.Stat()
	if err != nil {
		return 0
	}
	return fi.Mode().Perm()
}

// sameIndex returns errIndexMoved unless the open file is still the index, or
// there still is none.
func sameIndex(f *os.File, path string) error {
	now, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if f == nil {
			return nil
		}
		return errIndexMoved
	}
	if err != nil {
		return err
	}
	if f == nil {
		return errIndexMoved
	}
	then, err := f.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(now, then) {
		return errIndexMoved
	}
	return nil
}
