// SPDX-License-Identifier: Apache-2.0

package copies

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/lockfile"
	"github.com/git-devops/git-devops/plumbing/spool"
)

// A HeldSet is what a repository holds.
type HeldSet interface {
	// Holding reports for each of ids whether it is held now, durably and
	// with its content here; nothing it has learnt before counts.
	Holding(ctx context.Context, ids []chunkstore.ID) ([]bool, error)
	// Drop takes ids out of the set, durably. Their content stays at least
	// until no intent names them.
	Drop(ctx context.Context, ids []chunkstore.ID) error
	// Restore puts ids back into the set, durably, except those whose content
	// is gone, which it returns.
	Restore(ctx context.Context, ids []chunkstore.ID) (gone []chunkstore.ID, err error)
}

// A Custody is what one repository has promised to others and announced to
// drop, kept in files. Any number of processes may use it at once; a process
// that dies leaves nothing that stops the next one.
type Custody struct {
	dir  string
	held HeldSet
	now  func() (Instant, error)

	pause time.Duration // see the constant
}

// Open returns the custody of the repository with this common directory. It
// writes nothing.
func Open(commonDir string, held HeldSet) (*Custody, error) {
	c := &Custody{dir: locksDir(commonDir), held: held, now: readClock, pause: pause}
	_, err := c.now()
	return c, err
}

func locksDir(commonDir string) string { return filepath.Join(commonDir, "devops", "locks") }

const (
	lockPrefix   = "lock-"
	intentPrefix = "intent-"

	maxFile = 512 + MaxIDs*lineLen // bytes

	// recoverFor is how long Lock waits for a gc that stands in the way of
	// recovering: meanwhile it grants less.
	recoverFor = time.Second
)

// Lock promises not to drop, for d, those of ids that are held here and that
// nobody is about to drop: granted tells which. The promise is durable when
// Lock returns, and ends with d or Unlock. Without any granted the token is "".
//
// Errors are ErrTooManyIDs, ErrTooManyLocks, ErrLockTooLong, and those of files.
func (c *Custody) Lock(ctx context.Context, ids []chunkstore.ID, d time.Duration) (token string, granted []bool, err error) {
	if err := c.recoverBriefly(ctx); err != nil {
		return "", nil, err
	}
	set := chunkstore.SortedSet(ids)
	if len(set) > MaxIDs {
		return "", nil, fmt.Errorf("lock: %w", ErrTooManyIDs)
	}
	var marked []bool
	err = c.change(ctx, func(s *State, now Instant) error {
		held, err := c.held.Holding(ctx, set)
		if err != nil {
			return err
		}
		var l Lock
		if l, marked, err = s.Grant(now, newName(), set, held, d); err != nil || l.Token == "" {
			return err
		}
		token = l.Token
		return c.writeLock(l)
	})
	if err != nil {
		return "", nil, err
	}
	granted = make([]bool, len(ids))
	for i, id := range ids {
		at, _ := slices.BinarySearchFunc(set, id, chunkstore.ID.Compare)
		granted[i] = marked[at]
	}
	return token, granted, nil
}

// Unlock ends a lock. One that has ended, or never was, is no error.
func (c *Custody) Unlock(ctx context.Context, token string) error {
	if !validName(token) || ctx.Err() != nil {
		return ctx.Err()
	}
	return c.remove(lockPrefix + token)
}

// announce makes an intent durable, for those of ids, which are ascending, that
// nothing stands in the way of.
func (c *Custody) announce(ctx context.Context, ids []chunkstore.ID) (i *announced, obstacles map[chunkstore.ID]Obstacle, err error) {
	i = &announced{c: c}
	err = c.change(ctx, func(s *State, now Instant) error {
		i.Intent, obstacles = s.Announce(now, newName(), ids)
		if len(i.IDs) == 0 {
			return nil
		}
		i.file, err = c.write(intentPrefix+i.Name, i.encode())
		return err
	})
	return i, obstacles, err
}

// change calls fn with what is promised and announced now, while no other
// process changes that. It is fn that writes the files.
func (c *Custody) change(ctx context.Context, fn func(*State, Instant) error) error {
	unlock, err := lockfile.Wait(ctx, filepath.Join(c.dir, "custody.flock"))
	if err != nil {
		return fmt.Errorf("lock chunks: %w", err)
	}
	defer unlock()
	if err := spool.Sweep(c.dir); err != nil {
		return fmt.Errorf("lock chunks: %w", err)
	}
	s, err := c.load()
	if err != nil {
		return err
	}
	now, err := c.now()
	if err != nil {
		return err
	}
	if err := c.advance(s, now); err != nil {
		return err
	}
	return fn(s, now)
}

// advance brings the files up to what State.Advance finds.
func (c *Custody) advance(s *State, now Instant) error {
	ended, renewed := s.Advance(now)
	for _, l := range ended {
		if err := c.remove(lockPrefix + l.Token); err != nil {
			return err
		}
	}
	for _, l := range renewed {
		if err := c.writeLock(l); err != nil {
			return err
		}
	}
	return nil
}

func (c *Custody) load() (*State, error) {
	s := &State{}
	tokens, err := list(c.dir, lockPrefix)
	if err != nil {
		return nil, err
	}
	for _, token := range tokens {
		l, err := readFile(c.dir, lockPrefix, token, parseLock)
		if errors.Is(err, fs.ErrNotExist) {
			continue // unlocked meanwhile
		}
		if err != nil {
			return nil, err
		}
		s.Locks = append(s.Locks, l)
	}
	s.Intents, err = loadIntents(c.dir)
	return s, err
}

func loadIntents(dir string) (intents []Intent, err error) {
	names, err := list(dir, intentPrefix)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		i, err := readFile(dir, intentPrefix, name, parseIntent)
		if errors.Is(err, fs.ErrNotExist) {
			continue // ended meanwhile
		}
		if err != nil {
			return nil, err
		}
		intents = append(intents, i)
	}
	return intents, nil
}

// list returns what follows prefix in the names of files that are ours.
func list(dir, prefix string) (names []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list locks: %w", err)
	}
	for _, e := range entries {
		if rest, ok := strings.CutPrefix(e.Name(), prefix); ok && validName(rest) {
			names = append(names, rest)
		}
	}
	return names, nil
}

func readFile[T any](dir, prefix, name string, parse func(name string, data []byte) (T, error)) (T, error) {
	var none T
	path := filepath.Join(dir, prefix+name)
	f, err := os.Open(path)
	if err != nil {
		return none, fmt.Errorf("read lock: %w", err)
	}
	defer f.Close()
	data, err := readAtMost(f, maxFile)
	if err != nil {
		return none, fmt.Errorf("read %s: %w", path, err)
	}
	v, err := parse(name, data)
	if err != nil {
		return none, fmt.Errorf("%s: %w", path, err)
	}
	return v, nil
}

func (c *Custody) writeLock(l Lock) error {
	f, err := c.write(lockPrefix+l.Token, l.encode())
	if err == nil {
		_ = f.Close()
	}
	return err
}

// write makes a file durable, in the place of one of the same name. It is
// returned open, and locked.
func (c *Custody) write(name string, data []byte) (f *os.File, err error) {
	if f, err = spool.Create(c.dir, 0o666); err != nil {
		return nil, fmt.Errorf("write lock: %w", err)
	}
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(c.dir, name))
	}
	if err != nil {
		spool.Drop(f)
		return nil, fmt.Errorf("write lock: %w", err)
	}
	if err := spool.SyncDir(c.dir); err != nil {
		return nil, errors.Join(fmt.Errorf("write lock: %w", err), c.remove(name), f.Close())
	}
	return f, nil
}

func (c *Custody) remove(name string) error {
	if err := os.Remove(filepath.Join(c.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("end lock: %w", err)
	}
	return nil
}

func newName() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
