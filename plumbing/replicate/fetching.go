// SPDX-License-Identifier: Apache-2.0

package replicate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/git"
)

// A Fetching says that git is fetching for a sync. It is the file
// devops/fetching, on which each git has a kernel lock, and so have the
// programs that it runs: if the file is there and nobody has that lock, a fetch
// was killed, and the next Begin clears what it has left.
type Fetching struct {
	file   *os.File
	killed atomic.Bool // some git could not clear up after itself
}

// outlives is how long a git that has lost its sync is waited for: it ends by
// itself when the connection does.
const outlives = 5 * time.Second

// Begin clears what a killed fetch has left in g's repository, whose common
// directory is commonDir, and marks it as fetching. It is called with Lock
// held. The caller calls End.
func Begin(ctx context.Context, g git.Runner, commonDir string) (*Fetching, error) {
	path := filepath.Join(commonDir, "devops", "fetching")
	if err := clearKilled(ctx, g, commonDir, path); err != nil {
		return nil, fmt.Errorf("clear what a killed fetch has left: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("mark as fetching: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_SH); err != nil {
		f.Close()
		return nil, fmt.Errorf("mark as fetching: lock %s: %w", path, err)
	}
	return &Fetching{file: f}, nil
}

// End takes the mark away, unless a git was killed: then it is left for the
// next Begin.
func (f *Fetching) End() error {
	var err error
	if !f.killed.Load() {
		err = os.Remove(f.file.Name())
	}
	return errors.Join(err, f.file.Close())
}

// clearKilled clears what the fetches that made the mark have left, when all of
// them are dead.
func clearKilled(ctx context.Context, g git.Runner, commonDir, mark string) error {
	f, err := os.Open(mark)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	begun, err := f.Stat()
	if err != nil {
		return err
	}
	if dead, err := allDead(ctx, f); err != nil || !dead {
		return err
	}
	if err := clearRests(ctx, g, commonDir, begun.ModTime()); err != nil {
		return err
	}
	return os.Remove(mark)
}

// allDead waits a while for those who have a lock on f to end.
func allDead(ctx context.Context, f *os.File) (bool, error) {
	for deadline := time.Now().Add(outlives); ; {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err != unix.EWOULDBLOCK && err != unix.EINTR {
			return err == nil, err
		}
		if time.Now().After(deadline) {
			return false, nil
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return false, err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
