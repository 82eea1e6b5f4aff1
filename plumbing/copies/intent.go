// SPDX-License-Identifier: Apache-2.0

package copies

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/spool"
)

// An announced intent is that of a living process as long as its file is
// locked.
type announced struct {
	Intent
	c    *Custody
	file *os.File
}

// withdraw ends the intent, durably.
func (a *announced) withdraw() error {
	err := a.c.remove(intentPrefix + a.Name)
	if err == nil {
		if err = spool.SyncDir(a.c.dir); err != nil {
			err = fmt.Errorf("end intent: %w", err)
		}
	}
	return errors.Join(err, a.file.Close())
}

// leave lets the next run recover what was begun.
func (a *announced) leave() { _ = a.file.Close() }

// Recover puts back what droppers that have died were about to drop. Whoever
// drops, runs gc or grants locks calls it first; Lock and Drop do.
func (c *Custody) Recover(ctx context.Context) error {
	if err := spool.Sweep(c.dir); err != nil {
		return fmt.Errorf("undo an interrupted drop: %w", err)
	}
	names, err := list(c.dir, intentPrefix)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := c.recoverOne(ctx, name); err != nil {
			return fmt.Errorf("undo an interrupted drop: %w", err)
		}
	}
	return nil
}

func (c *Custody) recoverBriefly(ctx context.Context) error {
	brief, cancel := context.WithTimeout(ctx, recoverFor)
	defer cancel()
	err := c.Recover(brief)
	if brief.Err() != nil {
		err = ctx.Err() // what is not recovered is not granted
	}
	return err
}

// recoverOne does nothing when the dropper lives. The chunks come back before
// the intent ends, so that gc spares them until then.
func (c *Custody) recoverOne(ctx context.Context, name string) error {
	path := filepath.Join(c.dir, intentPrefix+name)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	dead := &announced{c: c, file: f}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil || !names(path, f) {
		dead.leave()
		return nil
	}
	if dead.Intent, err = readFile(c.dir, intentPrefix, name, parseIntent); err == nil {
		_, err = c.held.Restore(ctx, dead.IDs)
	}
	if err != nil {
		dead.leave()
		return err
	}
	return dead.withdraw()
}

// names tells whether path still leads to f.
func names(path string, f *os.File) bool {
	a, errA := os.Lstat(path)
	b, errB := f.Stat()
	return errA == nil && errB == nil && os.SameFile(a, b)
}

// Intended returns the chunks that any intent names, of living and dead
// droppers: those that the held set may get back. An intent is never undone
// while gc runs, so for gc one that ends meanwhile has been carried out.
func Intended(commonDir string) (ids []chunkstore.ID, err error) {
	intents, err := loadIntents(locksDir(commonDir))
	for _, i := range intents {
		ids = append(ids, i.IDs...)
	}
	return ids, err
}

var errTooLong = errors.New("longer than any lock")

func readAtMost(r io.Reader, n int) ([]byte, error) {
	var b bytes.Buffer
	if _, err := b.ReadFrom(io.LimitReader(r, int64(n)+1)); err != nil {
		return nil, err
	}
	if b.Len() > n {
		return nil, errTooLong
	}
	return b.Bytes(), nil
}
