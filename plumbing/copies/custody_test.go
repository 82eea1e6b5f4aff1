// SPDX-License-Identifier: Apache-2.0

package copies

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/chunkstore"
)

// intents are announced and abandoned by a process that dies.
func (h *host) die(t *testing.T, ids []chunkstore.ID) {
	t.Helper()
	a, _, err := h.announce(t.Context(), chunkstore.SortedSet(ids))
	must(t, err)
	must(t, h.set.Drop(t.Context(), a.IDs))
	a.leave()
}

func TestLock(t *testing.T) {
	ids := numbered(4)
	h := newHost(t, "h", ids[:3]...)
	if _, err := os.Stat(h.Custody.dir); err == nil {
		t.Error("opening made files")
	}
	// In any order, twice the same, and one that is not held.
	asked := []chunkstore.ID{ids[2], ids[3], ids[0], ids[2]}
	token, granted, err := h.Lock(t.Context(), asked, time.Minute)
	must(t, err)
	if diff := cmp.Diff([]bool{true, false, true, true}, granted); diff != "" || !validName(token) {
		t.Errorf("token %q, %s", token, diff)
	}
	i, obstacles, err := h.again(t).announce(t.Context(), ids)
	must(t, err)
	want := map[chunkstore.ID]Obstacle{ids[0]: {Locked: time.Minute}, ids[2]: {Locked: time.Minute}}
	if diff := cmp.Diff(want, obstacles); diff != "" || !slices.Equal(i.IDs, []chunkstore.ID{ids[1], ids[3]}) {
		t.Errorf("announced %v, %s", i.IDs, diff)
	}
	if _, granted, err = h.Lock(t.Context(), ids[:2], time.Minute); err != nil || !granted[0] || granted[1] {
		t.Errorf("beside an intent: %v, %v", granted, err)
	}
	must(t, h.Unlock(t.Context(), token))
	must(t, h.Unlock(t.Context(), token))
	must(t, h.Unlock(t.Context(), "../../config"))
	if n := len(h.files(t, lockPrefix)); n != 1 {
		t.Errorf("%d locks", n)
	}
	h.at += time.Minute
	must(t, i.withdraw())
	if _, obstacles, err = h.announce(t.Context(), ids); err != nil || len(obstacles) != 0 {
		t.Errorf("after all: %v, %v", obstacles, err)
	}
	if token, _, err = h.Lock(t.Context(), ids[3:], time.Minute); token != "" || err != nil {
		t.Errorf("nothing granted, but %q, %v", token, err)
	}
	if n := len(h.files(t, lockPrefix)); n != 0 {
		t.Errorf("%d locks left", n)
	}
}

func TestLockOverReboot(t *testing.T) {
	ids := numbered(1)
	h := newHost(t, "h", ids...)
	h.at = time.Hour
	_, _, err := h.Lock(t.Context(), ids, time.Minute)
	must(t, err)
	c := h.again(t)
	at := time.Second
	c.now = func() (Instant, error) { return Instant{boot2, at}, nil }
	for _, tt := range []struct {
		at   time.Duration
		left time.Duration
	}{{time.Second, time.Minute}, {31 * time.Second, 30 * time.Second}, {61 * time.Second, 0}} {
		at = tt.at
		i, obstacles, err := c.announce(t.Context(), ids)
		must(t, err)
		if obstacles[ids[0]].Locked != tt.left {
			t.Errorf("at %v: %v left, want %v", tt.at, obstacles[ids[0]].Locked, tt.left)
		}
		if len(i.IDs) > 0 {
			must(t, i.withdraw())
		}
	}
}

func TestLockLimits(t *testing.T) {
	ids := numbered(1)
	h := newHost(t, "h", ids...)
	for _, d := range []time.Duration{0, -1, MaxLock + 1} {
		if _, _, err := h.Lock(t.Context(), ids, d); !errors.Is(err, ErrLockTooLong) {
			t.Errorf("for %v: %v", d, err)
		}
	}
	many := make([]chunkstore.ID, MaxIDs+1)
	for i := range many {
		many[i] = chunkstore.ID{byte(i), byte(i >> 8), byte(i >> 16), 1}
	}
	if _, _, err := h.Lock(t.Context(), many, time.Minute); !errors.Is(err, ErrTooManyIDs) {
		t.Errorf("too many: %v", err)
	}
	for range MaxLocks {
		_, granted, err := h.Lock(t.Context(), ids, time.Minute)
		if err != nil || !granted[0] {
			t.Fatal(granted, err)
		}
	}
	if _, _, err := h.Lock(t.Context(), ids, time.Minute); !errors.Is(err, ErrTooManyLocks) {
		t.Errorf("one more: %v", err)
	}
	h.at = time.Hour
	_, _, err := h.Lock(t.Context(), ids, time.Minute)
	must(t, err)
	s := State{Locks: []Lock{{IDs: make([]chunkstore.ID, MaxLocked)}}}
	if _, _, err := s.Grant(Instant{}, token, ids, []bool{true}, 1); !errors.Is(err, ErrTooManyLocks) {
		t.Errorf("too many chunks: %v", err)
	}
}

func TestRecover(t *testing.T) {
	ids := numbered(3)
	h := newHost(t, "h", ids...)
	h.die(t, ids[:2])
	delete(h.set.content, ids[1])
	living, _, err := h.announce(t.Context(), ids[2:])
	must(t, err)
	if h.set.holds(ids[0]) {
		t.Fatal("nothing to recover")
	}
	_, granted, err := h.Lock(t.Context(), ids, time.Minute) // recovers
	must(t, err)
	if diff := cmp.Diff([]bool{true, false, false}, granted); diff != "" {
		t.Error(diff)
	}
	if n := len(h.files(t, intentPrefix)); n != 1 {
		t.Errorf("%d intents", n)
	}
	named, err := Intended(h.dir)
	if err != nil || !slices.Equal(named, ids[2:]) {
		t.Errorf("intended: %v, %v", named, err)
	}
	must(t, living.withdraw())
	if named, err = Intended(h.dir); err != nil || len(named) != 0 {
		t.Errorf("intended: %v, %v", named, err)
	}
}

// TestRecoverThatCannot: while gc runs, say. Nobody is told that the chunks are
// kept.
func TestRecoverThatCannot(t *testing.T) {
	ids := numbered(2)
	h := newHost(t, "h", ids...)
	h.die(t, ids[:1])
	h.set.restoreErr = errBroken
	if _, _, err := h.Lock(t.Context(), ids, time.Minute); !errors.Is(err, errBroken) {
		t.Errorf("lock: %v", err)
	}
	if _, err := Drop(t.Context(), h.Custody, ids, DropOptions{Force: true}); !errors.Is(err, errBroken) {
		t.Errorf("drop: %v", err)
	}
	h.set.restoreErr = context.DeadlineExceeded
	if n := len(h.files(t, intentPrefix)); n != 1 {
		t.Errorf("%d intents", n)
	}
	h.set.restoreErr = nil
	must(t, h.Recover(t.Context()))
	if !h.set.holds(ids...) {
		t.Error("not back")
	}
}

func TestRemains(t *testing.T) {
	ids := numbered(2)
	h := newHost(t, "h", ids...)
	must(t, os.MkdirAll(h.Custody.dir, 0o777))
	temp := filepath.Join(h.Custody.dir, "git-devops-tmp-000102030405060708090a0b")
	other := filepath.Join(h.Custody.dir, "lock-mine")
	for _, path := range []string{temp, other} {
		must(t, os.WriteFile(path, []byte("x"), 0o666))
	}
	_, _, err := h.Lock(t.Context(), ids, time.Minute)
	must(t, err)
	if _, err := os.Stat(temp); err == nil {
		t.Error("the file of a dead writer is left")
	}
	if _, err := os.Stat(other); err != nil {
		t.Error(err)
	}
}

// TestDamage: what cannot be read is never taken for no promise.
func TestDamage(t *testing.T) {
	ids := numbered(2)
	for _, prefix := range []string{lockPrefix, intentPrefix} {
		h := newHost(t, "h", ids...)
		must(t, os.MkdirAll(h.Custody.dir, 0o777))
		path := filepath.Join(h.Custody.dir, prefix+token)
		must(t, os.WriteFile(path, []byte("git-devops lock 2\n"), 0o666))
		_, _, lockErr := h.Lock(t.Context(), ids, time.Minute)
		_, dropErr := Drop(t.Context(), h.Custody, ids, DropOptions{Force: true})
		var format *chunkstore.FormatError
		for _, err := range []error{lockErr, dropErr} {
			if !errors.As(err, &format) || !strings.Contains(err.Error(), path) {
				t.Errorf("%s: %v", prefix, err)
			}
		}
		if !h.set.holds(ids...) {
			t.Error("dropped")
		}
		must(t, os.WriteFile(path, make([]byte, maxFile+1), 0o666))
		if _, _, err := h.Lock(t.Context(), ids, time.Minute); !errors.Is(err, errTooLong) {
			t.Errorf("%s: %v", prefix, err)
		}
	}
}

func TestManyChunks(t *testing.T) {
	ids := make([]chunkstore.ID, 100_000)
	for i := range ids {
		ids[i] = chunkstore.BlobID([]byte{byte(i), byte(i >> 8), byte(i >> 16)})
	}
	h, k := newHost(t, "h", ids...), newHost(t, "k", ids...)
	begin := time.Now()
	result, err := Drop(t.Context(), h.Custody, ids, DropOptions{NumCopies: 1, Keepers: []Keeper{keeper{k}}})
	must(t, err)
	if len(result.Dropped) != len(ids) || k.asked != 1 || k.released != 1 {
		t.Errorf("%d dropped, asked %d, released %d", len(result.Dropped), k.asked, k.released)
	}
	t.Logf("%d chunks in %v", len(ids), time.Since(begin))
}
