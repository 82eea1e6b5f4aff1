// SPDX-License-Identifier: Apache-2.0

package copies

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/git-devops/git-devops/chunkstore"
)

func set(ids ...chunkstore.ID) map[chunkstore.ID]bool {
	m := map[chunkstore.ID]bool{}
	for _, id := range ids {
		m[id] = true
	}
	return m
}

// idle checks that nothing is left of a drop.
func (h *host) idle(t *testing.T) {
	t.Helper()
	for _, prefix := range []string{lockPrefix, intentPrefix, "git-devops-tmp-"} {
		if left := h.files(t, prefix); len(left) > 0 {
			t.Errorf("%s: left are %v", h.name, left)
		}
	}
}

func TestDrop(t *testing.T) {
	ids := numbered(4)
	for _, tt := range []struct {
		name string
		// What is held: by two keepers, and a store.
		k, l, store []chunkstore.ID
		n           int
		dropped     []chunkstore.ID
		refused     []Refusal
	}{
		{"all have it", ids, ids, ids, 1, ids, nil},
		{"some have it", ids[:2], nil, nil, 1, ids[:2], []Refusal{{ID: ids[2]}, {ID: ids[3]}}},
		{"one each", ids[:1], ids[1:2], ids[2:3], 1, ids[:3], []Refusal{{ID: ids[3]}}},
		{"two copies", ids[:3], ids[1:], ids[3:], 2, ids[1:],
			[]Refusal{{ID: ids[0], Vouched: []string{"k"}}}},
		{"three copies", ids[:3], ids[1:], ids[2:], 3, ids[2:3], []Refusal{
			{ID: ids[0], Vouched: []string{"k"}}, {ID: ids[1], Vouched: []string{"k", "l"}}, {ID: ids[3], Vouched: []string{"l", "shelf"}}}},
		{"nobody", nil, nil, nil, 1, nil, []Refusal{{ID: ids[0]}, {ID: ids[1]}, {ID: ids[2]}, {ID: ids[3]}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, k, l := newHost(t, "h", ids...), newHost(t, "k", tt.k...), newHost(t, "l", tt.l...)
			o := DropOptions{NumCopies: tt.n, Keepers: []Keeper{keeper{k}, keeper{l}}, Witnesses: []Witness{shelf{"shelf", set(tt.store...)}}}
			result, err := Drop(t.Context(), h.Custody, ids, o)
			must(t, err)
			if diff := cmp.Diff(tt.dropped, result.Dropped, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("dropped:\n%s", diff)
			}
			if diff := cmp.Diff(tt.refused, result.Refused, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("refused:\n%s", diff)
			}
			for _, id := range ids {
				if h.set.holds(id) == slices.Contains(tt.dropped, id) {
					t.Errorf("chunk %s is held: %v", id, h.set.holds(id))
				}
			}
			for _, host := range []*host{h, k, l} {
				host.idle(t)
			}
		})
	}
}

func TestDropOfNothing(t *testing.T) {
	h := newHost(t, "h")
	result, err := Drop(t.Context(), h.Custody, nil, DropOptions{NumCopies: 1})
	if err != nil || len(result.Dropped) != 0 {
		t.Errorf("%+v, %v", result, err)
	}
	if _, err := Drop(t.Context(), h.Custody, numbered(1), DropOptions{}); err == nil {
		t.Error("no copies are proof")
	}
}

// TestKeepersThatFail prove nothing, and do not stop the others.
func TestKeepersThatFail(t *testing.T) {
	ids := numbered(2)
	for name, spoil := range map[string]func(*host){
		"an error":        func(k *host) { k.lockErr = errBroken },
		"too few answers": func(k *host) { k.lie = func(g []bool) []bool { return g[:1] } },
		"too many":        func(k *host) { k.lie = func(g []bool) []bool { return append(g, true) } },
	} {
		t.Run(name, func(t *testing.T) {
			h, k, l := newHost(t, "h", ids...), newHost(t, "k", ids...), newHost(t, "l", ids...)
			spoil(k)
			o := DropOptions{NumCopies: 1, Keepers: []Keeper{keeper{k}}}
			result, err := Drop(t.Context(), h.Custody, ids, o)
			must(t, err)
			if len(result.Dropped) > 0 || result.Asked[0].Err == nil || result.Asked[0].Vouched != 0 {
				t.Errorf("%+v", result)
			}
			o.Keepers = append(o.Keepers, keeper{l})
			result, err = Drop(t.Context(), h.Custody, ids, o)
			must(t, err)
			if len(result.Dropped) != 2 || result.Asked[0].Err == nil || result.Asked[1].Vouched != 2 {
				t.Errorf("with another: %+v", result)
			}
			for _, host := range []*host{h, l} {
				host.idle(t)
			}
		})
	}
}

// TestTheSameTwice: one repository, reached by two names, is one copy.
func TestTheSameTwice(t *testing.T) {
	ids := numbered(1)
	h, k := newHost(t, "h", ids...), newHost(t, "k", ids...)
	k.id = "k's"
	o := DropOptions{NumCopies: 2, Keepers: []Keeper{keeper{k}, keeper{k}}}
	result, err := Drop(t.Context(), h.Custody, ids, o)
	must(t, err)
	if len(result.Dropped) > 0 || len(result.Asked) != 1 {
		t.Errorf("%+v", result)
	}
}

// TestItself: this repository, as its own peer, is no copy.
func TestItself(t *testing.T) {
	ids := numbered(1)
	h := newHost(t, "h", ids...)
	result, err := Drop(t.Context(), h.Custody, ids, DropOptions{NumCopies: 1, Keepers: []Keeper{keeper{h}}})
	must(t, err)
	if len(result.Dropped) > 0 || !h.set.holds(ids...) {
		t.Errorf("%+v", result)
	}
	h.idle(t)
}

func TestLockedAndBusy(t *testing.T) {
	ids := numbered(3)
	h, k := newHost(t, "h", ids...), newHost(t, "k", ids...)
	token, _, err := h.Lock(t.Context(), ids[:1], time.Minute)
	must(t, err)
	i, _, err := h.announce(t.Context(), ids[1:2])
	must(t, err)
	for _, force := range []bool{false, true} {
		o := DropOptions{NumCopies: 1, Keepers: []Keeper{keeper{k}}, Force: force}
		result, err := Drop(t.Context(), h.Custody, ids[:2], o)
		must(t, err)
		want := []Refusal{{ID: ids[0], Obstacle: Obstacle{Locked: time.Minute}}, {ID: ids[1], Obstacle: Obstacle{Busy: true}}}
		if diff := cmp.Diff(want, result.Refused); diff != "" || k.asked > 0 {
			t.Errorf("force %v: asked %d, %s", force, k.asked, diff)
		}
	}
	must(t, h.Unlock(t.Context(), token))
	must(t, i.withdraw())
	result, err := Drop(t.Context(), h.Custody, ids, DropOptions{Force: true})
	must(t, err)
	if len(result.Dropped) != 3 || k.asked > 0 {
		t.Errorf("forced: %+v", result)
	}
}

// TestLate: proofs may have run out by the time the held set is changed.
func TestLate(t *testing.T) {
	ids := numbered(2)
	h, k := newHost(t, "h", ids...), newHost(t, "k", ids[0])
	h.set.onDrop = func() error {
		if h.set.holds(ids[0]) {
			t.Error("not dropped yet")
		}
		h.at += budget
		return nil
	}
	result, err := Drop(t.Context(), h.Custody, ids, DropOptions{NumCopies: 1, Keepers: []Keeper{keeper{k}}})
	must(t, err)
	want := []Refusal{{ID: ids[0], Vouched: []string{"k"}, Late: true}, {ID: ids[1], Late: true}}
	if diff := cmp.Diff(want, result.Refused); diff != "" || len(result.Dropped) > 0 || !h.set.holds(ids...) {
		t.Errorf("%+v\n%s", result, diff)
	}
	h.idle(t)
	k.idle(t)
}

// TestFailures at each step leave what was there.
func TestFailures(t *testing.T) {
	ids := numbered(1)
	calls := 0
	for name, tt := range map[string]struct {
		o      DropOptions
		onDrop func() error
		gone   bool
	}{
		"before":     {o: DropOptions{Check: func() error { return errBroken }}},
		"after":      {o: DropOptions{Check: func() error { calls++; return []error{nil, errBroken}[calls-1] }}},
		"the swap":   {onDrop: func() error { return errBroken }},
		"it is gone": {onDrop: func() error { return errBroken }, gone: true},
	} {
		t.Run(name, func(t *testing.T) {
			h, k := newHost(t, "h", ids...), newHost(t, "k", ids...)
			h.set.onDrop = func() error {
				if tt.gone {
					delete(h.set.content, ids[0])
				}
				if tt.onDrop == nil {
					return nil
				}
				return tt.onDrop()
			}
			tt.o.NumCopies, tt.o.Keepers = 1, []Keeper{keeper{k}}
			result, err := Drop(t.Context(), h.Custody, ids, tt.o)
			var missing *chunkstore.MissingError
			if !errors.Is(err, errBroken) || errors.As(err, &missing) != tt.gone || len(result.Dropped) > 0 || h.set.holds(ids...) == tt.gone {
				t.Errorf("%+v, %v", result, err)
			}
			h.idle(t)
			k.idle(t)
		})
	}
}

// TestUndoThatFails leaves it to the next run.
func TestUndoThatFails(t *testing.T) {
	ids := numbered(1)
	h := newHost(t, "h", ids...)
	h.set.onDrop = func() error {
		h.set.restoreErr = errBroken
		return errBroken
	}
	result, err := Drop(t.Context(), h.Custody, ids, DropOptions{Force: true})
	if !errors.Is(err, errBroken) || len(result.Dropped) > 0 {
		t.Errorf("%+v, %v", result, err)
	}
	h.set.restoreErr = nil
	must(t, h.again(t).Recover(t.Context()))
	if !h.set.holds(ids...) {
		t.Error("not back")
	}
	h.idle(t)
}

func TestInterrupted(t *testing.T) {
	ids := numbered(1)
	h, k := newHost(t, "h", ids...), newHost(t, "k", ids...)
	ctx, cancel := context.WithCancel(t.Context())
	k.lie = func(g []bool) []bool { cancel(); return g }
	o := DropOptions{NumCopies: 1, Keepers: []Keeper{keeper{k}}}
	if _, err := Drop(ctx, h.Custody, ids, o); !errors.Is(err, context.Canceled) || !h.set.holds(ids...) {
		t.Errorf("while asking: %v", err)
	}
	h.idle(t)
	k.idle(t)
	k.lie = nil
	ctx, cancel = context.WithCancel(t.Context())
	h.set.onDrop = func() error { cancel(); return nil }
	if result, err := Drop(ctx, h.Custody, ids, o); err != nil || len(result.Dropped) != 1 {
		t.Errorf("from the swap on it is brought to its end: %+v, %v", result, err)
	}
	h.idle(t)
	k.idle(t)
}

// TestRaces: three repositories that each drop what they can, again and again.
func TestRaces(t *testing.T) {
	const rounds = 340
	ids := numbered(8)
	var hosts []*host
	for i := range 3 {
		hosts = append(hosts, newHost(t, fmt.Sprint("h", i), ids...))
	}
	dropped, kept := 0, 0
	for round := range rounds {
		var wait sync.WaitGroup
		for i, h := range hosts {
			c := h.again(t)
			o := DropOptions{NumCopies: 1, Keepers: []Keeper{keeper{hosts[(i+1)%3]}, keeper{hosts[(i+2)%3]}}}
			wait.Go(func() {
				if _, err := Drop(context.Background(), c, ids, o); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		for _, id := range ids {
			n := 0
			for _, h := range hosts {
				if h.set.holds(id) {
					n++
				}
			}
			if n == 0 {
				t.Fatalf("round %d: no copy of %s", round, id)
			}
			dropped, kept = dropped+3-n, kept+n
		}
		for _, h := range hosts {
			h.idle(t)
			h.set.held, h.set.content = set(ids...), set(ids...)
		}
	}
	t.Logf("%d dropped, %d kept", dropped, kept)
	if dropped == 0 {
		t.Error("nothing was ever dropped")
	}
}

func TestGuard(t *testing.T) {
	ids := numbered(3)
	h, k := newHost(t, "h", ids[:2]...), newHost(t, "k", ids[1:]...)
	o := DropOptions{NumCopies: 1, Keepers: []Keeper{keeper{k}}, Witnesses: []Witness{shelf{"other", set(ids...)}}}
	g, err := NewGuard(t.Context(), h.Custody, ids, o)
	must(t, err)
	if diff := cmp.Diff(ids, g.Safe()); diff != "" {
		t.Error(diff)
	}
	result, err := Drop(t.Context(), h.again(t), ids[:1], DropOptions{NumCopies: 1, Witnesses: o.Witnesses})
	must(t, err)
	if len(result.Dropped) > 0 || result.Refused[0].Obstacle.Locked == 0 {
		t.Errorf("own copy: %+v", result)
	}
	must(t, g.Err())
	h.at += guardBudget
	if err := g.Err(); !errors.Is(err, ErrGuardOver) {
		t.Errorf("too late: %v", err)
	}
	g.Release()
	h.idle(t)
	k.idle(t)

	o.NumCopies = 2
	g, err = NewGuard(t.Context(), h.Custody, ids, o)
	must(t, err)
	defer g.Release()
	if diff := cmp.Diff(ids[1:2], g.Safe()); diff != "" {
		t.Errorf("two copies, and a store is none:\n%s", diff)
	}
}
