// SPDX-License-Identifier: Apache-2.0

package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// errConfigMoved says that git changed the configuration while the next one
// was made.
var errConfigMoved = errors.New("configuration was changed meanwhile")

// EditConfig changes the repository's own configuration file in one step, under
// the lock that git takes. edit is given the path of a copy, to which it may
// apply git config --file; it is called again when git has changed the file
// meanwhile. The change is fsynced when EditConfig returns. When git keeps the
// file locked for many seconds, the error is ErrBusy.
//
// git config itself is not used on the file: when it is killed it leaves its
// lock there for good.
func (r *Repo) EditConfig(ctx context.Context, edit func(path string) error) error {
	p, err := r.configReplacement()
	if err == nil {
		err = p.edit(ctx, edit)
	}
	if err != nil {
		return fmt.Errorf("edit configuration: %w", err)
	}
	return nil
}

func (r *Repo) configReplacement() (replacement, error) {
	own := filepath.Join(r.commonDir, "devops", "config")
	path := filepath.Join(r.commonDir, "config")
	p := replacement{target: path, staged: own + ".new", flock: own + ".flock", wait: r.lockWait}
	real, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if real != path { // perhaps on another file system
		p.target, p.staged = real, real+".devops-new"
	}
	return p, err
}

// edit replaces the target by what edit makes of it.
func (p replacement) edit(ctx context.Context, edit func(path string) error) error {
	guard, err := p.begin(ctx)
	if err != nil {
		return err
	}
	defer guard.Close()
	for {
		err := p.tryEdit(ctx, edit)
		if !errors.Is(err, errConfigMoved) {
			return err
		}
	}
}

func (p replacement) tryEdit(ctx context.Context, edit func(path string) error) error {
	before, mode, err := readFile(p.target)
	if err != nil {
		return err
	}
	err = p.stage(before, mode)
	if err == nil {
		err = edit(p.staged)
	}
	if err == nil {
		err = syncFile(p.staged)
	}
	if err != nil {
		return errors.Join(err, p.clear())
	}
	return p.publish(ctx, func() error {
		now, _, err := readFile(p.target)
		if err == nil && !bytes.Equal(now, before) {
			err = errConfigMoved
		}
		return err
	})
}

// readFile reads a file that may be absent, and its permissions.
func readFile(path string) ([]byte, fs.FileMode, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	fi, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	return data, fi.Mode().Perm(), nil
}
