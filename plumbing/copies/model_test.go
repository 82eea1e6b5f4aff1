// SPDX-License-Identifier: Apache-2.0

//go:build !race

package copies

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"testing"
)

// maxStates bounds what one exploration may take; reaching it is a failure.
const maxStates = 600_000

// explore visits every state that can come from the first, and returns how many
// there are, or the events that lead to one with too few copies.
func explore(s scenario) (states int, lost []string) {
	type step struct {
		what string
		from *step
		w    *world
	}
	seed := maphash.MakeSeed()
	seen := map[uint64]bool{}
	var buf []byte
	all, guarded := s.actionsOf(), s.guardsOf()
	start := &step{w: newWorld(&s)}
	stack := []*step{start}
	for len(stack) > 0 && len(seen) < maxStates {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		w := at.w
		at.w = nil
		w.actions(all, guarded, func(what string, i int, next *world) {
			if lost != nil {
				return
			}
			var key uint64
			if key, buf = next.key(seed, buf); seen[key] {
				return
			}
			seen[key] = true
			to := &step{what: fmt.Sprint(what, i), from: at, w: next}
			if next.copies() < s.need {
				for ; to.from != nil; to = to.from {
					lost = append(lost, to.what)
				}
				slices.Reverse(lost)
				return
			}
			stack = append(stack, to)
		})
		if lost != nil {
			break
		}
	}
	return len(seen), lost
}

var scenarios = []scenario{
	{name: "two machines, all messages", machines: 2, holding: 2, need: 1, drops: 2, repeats: 2, ticks: 1, whole: true},
	{name: "two machines, late messages", machines: 2, holding: 2, need: 1, drops: 2, crashes: 1, repeats: 1, ticks: 2, whole: true},
	{name: "two machines", machines: 2, holding: 2, need: 1, drops: 4, crashes: 2, reboots: 2, fetches: 1},
	{name: "three machines", machines: 3, holding: 3, need: 1, drops: 3, crashes: 1, reboots: 1, ticks: 2},
	{name: "three machines, one without", machines: 3, holding: 2, need: 1, drops: 4, fetches: 1, crashes: 1, ticks: 2},
	{name: "three machines, two copies", machines: 3, holding: 3, need: 2, drops: 3, crashes: 1, ticks: 3},
	{name: "four machines", machines: 4, holding: 4, need: 1, drops: 4, ticks: 1},
	{name: "four machines, two copies", machines: 4, holding: 4, need: 2, drops: 4, ticks: 1},
	{name: "a machine and a store", machines: 1, holding: 1, stores: 1, guards: true, need: 1, drops: 3, crashes: 1, reboots: 1},
	{name: "two machines and a store", machines: 2, holding: 2, stores: 1, guards: true, need: 1, drops: 3, ticks: 3},
	{name: "two machines and a store, with a reboot", machines: 2, holding: 2, stores: 1, guards: true, need: 1, drops: 3, reboots: 1, ticks: 1},
	{name: "two machines, one without, and a store", machines: 2, holding: 1, stores: 1, guards: true, need: 1, drops: 3, fetches: 1, ticks: 3},
	{name: "two machines and two stores", machines: 2, holding: 1, stores: 2, guards: true, need: 1, drops: 3},
	{name: "a machine and one that leaves", machines: 1, leavers: 1, holding: 1, need: 1, drops: 2, crashes: 1},
	{name: "two machines and one that leaves", machines: 2, leavers: 1, holding: 2, need: 1, drops: 2},
}

func TestModel(t *testing.T) {
	total := 0
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			states, lost := explore(s)
			t.Logf("%d states", states)
			if lost != nil {
				t.Errorf("fewer than %d copies after: %s", s.need, strings.Join(lost, ", "))
			}
			if states >= maxStates {
				t.Error("too many states to visit")
			}
			total += states
		})
	}
	fmt.Printf("copies: %d states\n", total)
}

// TestModelNotices that something is lost, where a rule is left out. Among
// machines that all keep the rules, intents alone would do, without time: what
// is left out about time is noticed with stores, and with a machine that leaves.
func TestModelNotices(t *testing.T) {
	for _, tt := range []struct {
		name     string
		scenario string
		rules    rules
	}{
		{"locks beside intents", "two machines", rules{grantBesideIntent: true}},
		{"intents beside locks", "two machines and one that leaves", rules{announceBesideLock: true}},
		{"locks end at a reboot", "two machines and a store, with a reboot", rules{forgetAtReboot: true}},
		{"no budget", "a machine and one that leaves", rules{noBudget: true}},
		{"the clock is read before the swap", "a machine and one that leaves", rules{clockBeforeSwap: true}},
		{"gc does not spare intents", "a machine and one that leaves", rules{gcIgnoresIntents: true}},
		{"a guard without a budget", "two machines and a store", rules{noGuardBudget: true}},
		{"a guard that does not lock its own copy", "two machines and a store", rules{guardWithoutLock: true}},
		{"a store is proof for a store", "two machines and two stores", rules{storesProveStores: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			i := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == tt.scenario })
			s := scenarios[i]
			s.rules = tt.rules
			states, lost := explore(s)
			if lost == nil {
				t.Fatalf("not noticed in %d states", states)
			}
			t.Logf("%d states, then: %s", states, strings.Join(lost, ", "))
		})
	}
}
