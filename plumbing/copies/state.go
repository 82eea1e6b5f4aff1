// SPDX-License-Identifier: Apache-2.0

package copies

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
)

const (
	// LockFor is how long Drop asks keepers to lock what it is dropping.
	LockFor = 10 * time.Minute
	// MaxLock is the longest lock that is granted.
	MaxLock = time.Hour
	// MaxLocks is how many locks a repository has granted at once.
	MaxLocks = 256
	// MaxIDs is how many chunks one lock or one intent names.
	MaxIDs = 1 << 17
	// MaxLocked is how many chunks all locks name together.
	MaxLocked = 1 << 20
)

// Errors of asking for a lock.
var (
	ErrTooManyLocks = errors.New("too many locks are granted already")
	ErrLockTooLong  = errors.New("a lock for that long is not granted")
	ErrTooManyIDs   = fmt.Errorf("more than %d chunks at once", MaxIDs)
)

// An Instant is a moment on one machine: the time since it was started,
// suspended or not, and the id of that start. No clock is ever compared with
// that of another machine, or set.
type Instant struct {
	Boot string
	At   time.Duration
}

// A Lock is a promise to another repository not to drop chunks until End.
type Lock struct {
	Token string // whoever knows it may end the lock
	Boot  string // of End
	End   time.Duration
	For   time.Duration
	IDs   []chunkstore.ID // ascending
}

// An Intent announces that chunks are about to be dropped here.
type Intent struct {
	Name string
	IDs  []chunkstore.ID // ascending
}

// A State is what one repository has promised and announced.
type State struct {
	Locks   []Lock
	Intents []Intent
}

// Advance lets time pass: locks that have ended go, and those of another start
// of the machine, of whose time nothing is known, count in full from now.
func (s *State) Advance(now Instant) (ended, renewed []Lock) {
	s.Locks = slices.DeleteFunc(s.Locks, func(l Lock) bool {
		over := l.Boot == now.Boot && l.End <= now.At
		if over {
			ended = append(ended, l)
		}
		return over
	})
	for i := range s.Locks {
		if l := &s.Locks[i]; l.Boot != now.Boot {
			l.Boot, l.End = now.Boot, now.At+l.For
			renewed = append(renewed, *l)
		}
	}
	return ended, renewed
}

// Grant locks those of ids that are held here and that nobody is about to drop.
// ids are ascending, and held tells of each whether it is held; granted tells of
// each whether it is locked. When none is, there is no lock.
func (s *State) Grant(now Instant, token string, ids []chunkstore.ID, held []bool, d time.Duration) (lock Lock, granted []bool, err error) {
	granted = slices.Clone(held)
	for _, intent := range s.Intents {
		eachCommon(ids, intent.IDs, func(i int) { granted[i] = false })
	}
	switch {
	case !slices.Contains(granted, true):
		return Lock{}, granted, nil
	case d <= 0 || d > MaxLock:
		return Lock{}, nil, fmt.Errorf("lock for %v: %w", d, ErrLockTooLong)
	case len(s.Locks) >= MaxLocks || s.locked()+len(ids) > MaxLocked:
		return Lock{}, nil, ErrTooManyLocks
	}
	lock = Lock{Token: token, Boot: now.Boot, End: now.At + d, For: d, IDs: choose(ids, granted)}
	s.Locks = append(s.Locks, lock)
	return lock, granted, nil
}

func (s *State) locked() (n int) {
	for _, l := range s.Locks {
		n += len(l.IDs)
	}
	return n
}

// An Obstacle is why a chunk cannot be dropped here now.
type Obstacle struct {
	Locked time.Duration // for how long another has our promise, or
	Busy   bool          // it is being dropped already
}

// Announce adds an intent for those of ids, which are ascending, that no other
// has our promise for and that nobody is dropping; the obstacles are those of
// the others. When there are none to announce, there is no intent.
func (s *State) Announce(now Instant, name string, ids []chunkstore.ID) (Intent, map[chunkstore.ID]Obstacle) {
	obstacles := map[chunkstore.ID]Obstacle{}
	for _, l := range s.Locks {
		eachCommon(ids, l.IDs, func(i int) {
			left := max(l.End-now.At, obstacles[ids[i]].Locked)
			obstacles[ids[i]] = Obstacle{Locked: left}
		})
	}
	for _, intent := range s.Intents {
		eachCommon(ids, intent.IDs, func(i int) { obstacles[ids[i]] = Obstacle{Busy: true} })
	}
	intent := Intent{Name: name}
	for _, id := range ids {
		if _, blocked := obstacles[id]; !blocked {
			intent.IDs = append(intent.IDs, id)
		}
	}
	if len(intent.IDs) > 0 {
		s.Intents = append(s.Intents, intent)
	}
	return intent, obstacles
}
