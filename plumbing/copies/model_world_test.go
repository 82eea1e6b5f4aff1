// SPDX-License-Identifier: Apache-2.0

//go:build !race

package copies

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"slices"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
)

// The model is one chunk, a few machines and perhaps a store, with every event
// that may happen as an action. It decides nothing itself: State, Run, inTime
// and the budgets are those that ship. Time goes in ticks, in each of which a
// machine's clock goes one or two units on; a machine's own clock stands at 0
// and its past moves away from it instead, so that there is an end of states.

const unit = LockFor / 4

var theChunk = []chunkstore.ID{{1}}

// rules are what the model leaves out, to show that it would be noticed.
type rules struct {
	grantBesideIntent  bool // locks are granted while the chunk is being dropped
	announceBesideLock bool // a drop begins although the chunk is locked
	forgetAtReboot     bool // locks end when the machine is started anew
	noBudget           bool // a drop goes through however long it took
	clockBeforeSwap    bool
	gcIgnoresIntents   bool
	noGuardBudget      bool
	guardWithoutLock   bool // a guard counts its own copy without locking it
	storesProveStores  bool // there are two stores, and one is proof for the other
}

// A scenario is where a model begins and how much may happen in it.
type scenario struct {
	name     string
	machines int // that drop
	leavers  int // machines that know locks and no intents: see leave
	holding  int // of all machines, those that have the chunk at first
	stores   int
	guards   bool // machines also remove the chunk from stores
	need     int

	drops, crashes, reboots, fetches, ticks int // at most; ticks 0 is no limit
	repeats                                 int // deliveries of one request
	// whole explores also what only takes away from what may happen next. A lock
	// that nobody will use does no more than stop others; so without whole no
	// request or reply is late or repeated, one that is lost was never sent, and
	// every unlock comes at once. Nor does content stay that gc could free.
	whole bool
	rules rules
}

type world struct {
	*scenario
	machine  []machine
	store    [2]bool
	messages []message
	left     struct{ drops, crashes, reboots, fetches, ticks int }
}

type machine struct {
	held, content, leaver bool
	boot                  byte
	custody               State
	proc                  *process // that drops
	other                 *process // that removes from a store
	attempts              byte
}

// A process is a dropper or a guard.
type process struct {
	run      Run
	guard    bool
	target   int // the store that a guard empties
	asking   bool
	swapped  bool
	early    Instant // the clock before the swap
	removing bool    // a request is under way
	attempt  byte
	own      string
	tokens   []string
	heard    uint8 // a bit each for those that have answered
}

type kind byte

const (
	request kind = iota
	reply
	unlock
)

// A message is lost when it is never delivered, and late when it is later.
type message struct {
	kind     kind
	from, to int8 // stores are -1 and -2
	attempt  byte
	left     byte // deliveries
	granted  bool
	token    string
}

func (m *machine) now() Instant { return Instant{Boot: string('a' + rune(m.boot))} }

// unlock ends a lock that the machine has granted, as Custody.Unlock does.
func (m *machine) unlock(token string) {
	m.custody.Locks = slices.DeleteFunc(m.custody.Locks, func(l Lock) bool { return l.Token == token })
}

func newWorld(s *scenario) *world {
	w := &world{scenario: s, machine: make([]machine, s.machines+s.leavers)}
	for i := range w.machine {
		m := &w.machine[i]
		m.leaver = i >= s.machines
		m.held = i < s.holding || m.leaver
		m.content = m.held
	}
	for i := range s.stores {
		w.store[i] = true
	}
	w.left.drops, w.left.crashes, w.left.reboots, w.left.fetches, w.left.ticks = s.drops, s.crashes, s.reboots, s.fetches, s.ticks
	return w
}

func (w *world) clone() *world {
	c := *w
	c.machine = slices.Clone(w.machine)
	c.messages = slices.Clone(w.messages)
	for i := range c.machine {
		m := &c.machine[i]
		m.custody.Locks = slices.Clone(m.custody.Locks)
		m.custody.Intents = slices.Clone(m.custody.Intents)
		m.proc, m.other = m.proc.clone(), m.other.clone()
	}
	return &c
}

func (p *process) clone() *process {
	if p == nil {
		return nil
	}
	c := *p
	c.run.proofs = slices.Clone(p.run.proofs)
	c.tokens = slices.Clone(p.tokens)
	return &c
}

// copies counts what is there for good, or would come back.
func (w *world) copies() (n int) {
	for i := range w.machine {
		m := &w.machine[i]
		decided := m.proc != nil && len(m.proc.run.dropped) > 0
		if m.content && (m.held || len(m.custody.Intents) > 0 && !decided) {
			n++
		}
	}
	for _, has := range w.store {
		if has {
			n++
		}
	}
	return n
}

// key tells states apart: equal ones have the same future. Without whole the
// machines have no names, and neither have locks but for whose they are.
func (w *world) key(seed maphash.Seed, b []byte) (uint64, []byte) {
	b = append(b[:0], byte(w.left.drops), byte(w.left.crashes), byte(w.left.reboots), byte(w.left.fetches), byte(w.left.ticks), flags(w.store[0], w.store[1]))
	order := make([]int, len(w.machine))
	for i := range order {
		order[i] = i
	}
	if !w.whole {
		alone := make([][]byte, len(w.machine))
		for i := range w.machine {
			alone[i] = w.machine[i].append(nil, nil)
		}
		slices.SortFunc(order, func(i, j int) int { return bytes.Compare(alone[i], alone[j]) })
	}
	at := make([]byte, len(order)) // where each machine is in that order
	for n, i := range order {
		at[i] = byte(n)
	}
	for _, i := range order {
		b = w.machine[i].append(b, at)
		if !w.whole {
			b = w.appendLocks(b, i, at)
			continue
		}
		b = append(b, w.machine[i].attempts, w.machine[i].boot)
		for _, l := range w.machine[i].custody.Locks {
			b = append(append(b, 'l', l.Boot[0], byte(l.End/unit)), l.Token...)
		}
	}
	slices.SortFunc(w.messages, message.compare)
	for _, m := range w.messages {
		b = append(b, 'm', byte(m.kind), byte(m.from), byte(m.to), m.attempt, m.left, flags(m.granted))
		b = append(append(b, m.token...), 0)
	}
	return maphash.Bytes(seed, b), b
}

// appendLocks adds those of machine i. Of the locks that no process will end
// only the longest matters.
func (w *world) appendLocks(b []byte, i int, at []byte) []byte {
	var locks [][3]byte
	var stray [3]byte
	for _, l := range w.machine[i].custody.Locks {
		lock := [3]byte{byte(l.End / unit)}
		if l.Boot != w.machine[i].now().Boot {
			lock[0] = byte(LockFor/unit) + 1 // in full once it is seen
		}
		from := int(l.Token[0] - '0')
		if m := &w.machine[from]; m.proc.has(l.Token) || m.other.has(l.Token) {
			lock[2] = 1 + at[from] + 8*flags(m.other.has(l.Token))
			locks = append(locks, lock)
		} else if bytes.Compare(lock[:], stray[:]) > 0 {
			stray = lock
		}
	}
	slices.SortFunc(locks, func(a, b [3]byte) int { return bytes.Compare(a[:], b[:]) })
	for _, lock := range append(locks, stray) {
		b = append(b, lock[:]...)
	}
	return append(b, 0xff)
}

func (m message) compare(o message) int {
	for _, d := range []int{int(m.kind) - int(o.kind), int(m.from) - int(o.from), int(m.to) - int(o.to), int(m.attempt) - int(o.attempt), int(m.left) - int(o.left)} {
		if d != 0 {
			return d
		}
	}
	if m.token < o.token {
		return -1
	}
	if m.token > o.token {
		return 1
	}
	return 0
}

// append adds what is the machine's own, with others by where they are at; nil
// leaves the others out.
func (m *machine) append(b, at []byte) []byte {
	b = append(b, 'h', flags(m.held, m.content, m.leaver, m.proc != nil, len(m.custody.Intents) > 0))
	if at == nil {
		for _, l := range m.custody.Locks {
			b = append(b, byte(l.End/unit))
		}
	}
	return m.other.append(m.proc.append(b, at), at)
}

func (p *process) append(b, at []byte) []byte {
	if p == nil {
		return append(b, 0)
	}
	b = append(b, 'p', byte(p.run.step), byte(len(p.run.dropped)), flags(p.guard, p.asking, p.swapped, p.removing, p.early != Instant{}), byte(p.target), p.heard&0xc0,
		byte(-p.run.began.At/unit), byte((-p.early.At+unit-1)/unit), byte(p.run.proofs[0]))
	for i, n := range at {
		if p.heard&(1<<i) != 0 {
			b = append(b, n)
		}
	}
	return b
}

func (p *process) has(token string) bool {
	return p != nil && (slices.Contains(p.tokens, token) || p.own == token)
}

func flags(set ...bool) (b byte) {
	for i, is := range set {
		if is {
			b |= 1 << i
		}
	}
	return b
}

// An action is something that may happen at one machine. It reports whether it
// can; what it has changed before it finds out does not count.
type action struct {
	what string
	may  func(w *world, m *machine) bool // of the machine's process
	do   func(w *world, i int, m *machine) bool
}

func always(*world, *machine) bool { return true }

func idle(w *world, m *machine) bool { return m.proc == nil && w.left.drops > 0 }

func asking(_ *world, m *machine) bool {
	return m.proc != nil && m.proc.asking && m.proc.run.Step() == Ask
}

func dropping(_ *world, m *machine) bool { return m.proc != nil }

func killable(w *world, m *machine) bool { return m.proc != nil && w.left.crashes > 0 }

// actionsOf returns what droppers do and what may happen to their machines.
func (s *scenario) actionsOf() []action {
	return append([]action{
		{"announce", idle, (*world).announce},
		{"step", dropping, (*world).step},
		{"enough", asking, (*world).enough},
		{"kill", killable, (*world).kill},
		{"reboot", func(w *world, _ *machine) bool { return w.left.reboots > 0 }, (*world).reboot},
		{"recover", func(_ *world, m *machine) bool { return len(m.custody.Intents) > 0 }, (*world).recover},
		{"gc", func(w *world, m *machine) bool { return w.whole && m.content && !m.held }, (*world).gc},
		{"fetch", func(w *world, m *machine) bool { return w.left.fetches > 0 && !m.held }, (*world).fetch},
	}, s.asks()...)
}

// guardsOf returns what guards do.
func (s *scenario) guardsOf() []action {
	all := append([]action{{"remove", dropping, (*world).remove}, {"kill", killable, (*world).kill}}, s.asks()...)
	for store := range s.stores {
		all = append(all, action{"guard", idle, func(w *world, i int, m *machine) bool { return w.guard(i, m, store) }})
	}
	return all
}

// asks returns what both do.
func (s *scenario) asks() (all []action) {
	if !s.whole {
		for k := range s.machines + s.leavers {
			all = append(all, action{"ask", asking, func(w *world, i int, m *machine) bool { return w.ask(i, k, m) }})
		}
	}
	for store := range s.stores {
		all = append(all, action{"look", asking, func(w *world, _ int, m *machine) bool { return w.look(m, store) }})
	}
	return all
}

// actions calls fn with every state that may come next, and what happened.
func (w *world) actions(all, guarded []action, fn func(what string, i int, next *world)) {
	for i := range w.machine {
		todo := all
		if w.machine[i].leaver {
			todo = []action{{"leave", always, (*world).leave}}
		}
		for _, a := range todo {
			w.try(a, i, fn)
		}
		if w.guards && !w.machine[i].leaver {
			for _, a := range guarded {
				w.machine[i].turn()
				w.try(a, i, func(what string, i int, next *world) {
					next.machine[i].turn()
					fn(what, i, next)
				})
				w.machine[i].turn()
			}
		}
	}
	for k := range w.messages {
		next := w.clone()
		if next.deliver(k) {
			fn("deliver", k, next)
		}
	}
	w.tick(fn)
}

func (w *world) try(a action, i int, fn func(what string, i int, next *world)) {
	if !a.may(w, &w.machine[i]) {
		return
	}
	next := w.clone()
	if a.do(next, i, &next.machine[i]) {
		fn(a.what, i, next)
	}
}

// turn lets the actions of a process be those of the other.
func (m *machine) turn() { m.proc, m.other = m.other, m.proc }

func (w *world) take(n *int) bool {
	if *n == 0 {
		return false
	}
	*n--
	return true
}

// announce begins a drop.
func (w *world) announce(i int, m *machine) bool {
	if !m.held || !w.take(&w.left.drops) {
		return false
	}
	m.attempts++
	m.custody.Advance(m.now())
	seen := m.custody
	if w.rules.announceBesideLock {
		seen.Locks = nil
	}
	intent, _ := seen.Announce(m.now(), fmt.Sprint("i", m.attempts), theChunk)
	m.custody.Intents = seen.Intents
	if len(intent.IDs) == 0 {
		return false
	}
	m.proc = &process{run: *NewRun(w.need), attempt: m.attempts}
	m.proc.run.Announced(intent.IDs)
	return w.whole || w.step(i, m)
}

// step does what the run of a dropper says.
func (w *world) step(i int, m *machine) bool {
	p := m.proc
	switch p.run.Step() {
	case Ask:
		if p.asking {
			return false // replies come, or enough
		}
		p.run.Asking(m.now())
		w.askAll(i, p)
	case Swap:
		switch {
		case w.rules.clockBeforeSwap && p.early == Instant{}:
			p.early = m.now()
			p.early.At++ // not the zero Instant
		case !p.swapped:
			m.held, p.swapped = false, true
			if !w.whole && w.rules.gcIgnoresIntents {
				m.content = false
			}
		case w.rules.noBudget:
			p.run.Swapped(p.run.began)
		case w.rules.clockBeforeSwap:
			p.run.Swapped(p.early)
		default:
			p.run.Swapped(m.now())
		}
	case Undo:
		m.held = m.held || m.content
		p.run.Undone()
	case Finish:
		m.custody.Intents = nil
		if !w.whole {
			m.content = m.held
		}
		p.run.Finished()
		if !w.whole {
			return w.step(i, m)
		}
	case Release:
		w.release(i, p)
		m.proc = nil
	}
	return true
}

// ask is a request, its delivery, its reply and the delivery of that.
func (w *world) ask(i, k int, m *machine) bool {
	p := m.proc
	if k == i || p.heard&(1<<k) != 0 || len(p.run.Chosen()) > 0 {
		return false
	}
	granted, token := w.grant(&w.machine[k], fmt.Sprintf("%d%d%c", i, k, 'a'+rune(p.attempt)))
	if !granted {
		return false // as though it had been lost
	}
	p.tokens = append(p.tokens, token)
	return p.hear(1<<k, granted)
}

func (w *world) askAll(i int, p *process) {
	p.asking = true
	for to := range w.machine {
		if to != i && w.whole {
			w.messages = append(w.messages, message{kind: request, from: int8(i), to: int8(to), attempt: p.attempt, left: byte(w.repeats)})
		}
	}
}

func (w *world) release(i int, p *process) {
	for _, token := range p.tokens {
		if !w.whole {
			w.machine[token[1]-'0'].unlock(token)
			continue
		}
		w.messages = append(w.messages, message{kind: unlock, from: int8(i), to: int8(token[1] - '0'), token: token, left: 1})
	}
}

// enough ends asking, whatever has been answered.
func (w *world) enough(_ int, m *machine) bool {
	m.proc.run.Asked()
	return true
}

// look asks a store.
func (w *world) look(m *machine, s int) bool {
	p := m.proc
	if p.guard && (!w.rules.storesProveStores || p.target == s) {
		return false
	}
	return p.hear(64<<s, w.store[s])
}

func (p *process) hear(bit uint8, vouched bool) bool {
	if p.heard&bit != 0 {
		return false
	}
	p.heard |= bit
	p.run.Answered(theChunk, []bool{vouched})
	return true
}

// deliver gives a message to whom it is for.
func (w *world) deliver(k int) bool {
	msg := w.messages[k]
	if w.messages[k].left--; w.messages[k].left == 0 {
		w.messages = slices.Delete(w.messages, k, k+1)
	}
	m := &w.machine[msg.to]
	switch msg.kind {
	case request:
		granted, token := w.grant(m, fmt.Sprintf("%d%d%c%d", msg.from, msg.to, 'a'+rune(msg.attempt), msg.left))
		w.messages = append(w.messages, message{kind: reply, from: msg.to, to: msg.from, attempt: msg.attempt, left: 1, granted: granted, token: token})
	case unlock:
		m.unlock(msg.token)
	case reply:
		p := m.proc
		if p == nil || p.attempt != msg.attempt || !p.asking || p.run.Step() != Ask {
			return true // nobody waits for it
		}
		if p.hear(1<<msg.from, msg.granted) && msg.token != "" {
			p.tokens = append(p.tokens, msg.token)
		}
	}
	return true
}

func (w *world) grant(m *machine, token string) (bool, string) {
	m.custody.Advance(m.now())
	seen := m.custody
	if w.rules.grantBesideIntent || m.leaver {
		seen.Intents = nil
	}
	lock, granted, err := seen.Grant(m.now(), token, theChunk, []bool{m.held && m.content}, LockFor)
	if err != nil {
		return false, ""
	}
	m.custody.Locks = seen.Locks
	return granted[0], lock.Token
}

// guard begins to remove the chunk from a store.
func (w *world) guard(i int, m *machine, s int) bool {
	if !w.store[s] || !w.take(&w.left.drops) {
		return false
	}
	m.attempts++
	p := &process{run: *NewRun(w.need), guard: true, target: s, attempt: m.attempts}
	p.run.Announced(theChunk)
	p.run.Asking(m.now())
	granted := m.held && m.content
	if !w.rules.guardWithoutLock {
		granted, p.own = w.grant(m, fmt.Sprintf("%d%d%co", i, i, 'a'+rune(m.attempts)))
	}
	p.run.Answered(theChunk, []bool{granted})
	m.proc = p
	w.askAll(i, p)
	return true
}

// remove sends a guard's request, and then has it carried out.
func (w *world) remove(i int, m *machine) bool {
	p := m.proc
	if len(p.run.Chosen()) == 0 {
		return false
	}
	if !p.removing {
		p.removing = w.rules.noGuardBudget || inTime(p.run.began, m.now(), guardBudget)
		return p.removing
	}
	w.store[p.target] = false
	m.unlock(p.own)
	w.release(i, p)
	m.proc = nil
	return true
}

// leave is a machine that goes away, whose owner sees that it has promised
// nothing and that enough others hold the chunk: they may be about to drop it.
func (w *world) leave(_ int, m *machine) bool {
	others := 0
	for i := range w.machine {
		if o := &w.machine[i]; o != m && o.held && o.content {
			others++
		}
	}
	locks := m.custody
	locks.Advance(m.now())
	if !m.held || len(locks.Locks) > 0 || others < w.need {
		return false
	}
	m.held, m.content = false, false
	return true
}

func (w *world) kill(_ int, m *machine) bool {
	m.proc = nil // a guard's request that is under way is given up with it
	return w.take(&w.left.crashes)
}

func (w *world) reboot(_ int, m *machine) bool {
	m.proc, m.other = nil, nil
	m.boot++
	if w.rules.forgetAtReboot {
		m.custody.Locks = nil
	}
	return w.take(&w.left.reboots)
}

// recover undoes what a dead dropper has left.
func (w *world) recover(_ int, m *machine) bool {
	if m.proc != nil {
		return false
	}
	m.held = m.held || m.content
	m.custody.Intents = nil
	return true
}

func (w *world) gc(_ int, m *machine) bool {
	if m.held || len(m.custody.Intents) > 0 && !w.rules.gcIgnoresIntents {
		return false
	}
	m.content = false
	return true
}

// fetch brings the chunk back from whoever has it.
func (w *world) fetch(_ int, m *machine) bool {
	have := w.store[0] || w.store[1]
	for i := range w.machine {
		have = have || w.machine[i].held && w.machine[i].content
	}
	if !have || !w.take(&w.left.fetches) {
		return false
	}
	m.held, m.content = true, true
	return true
}

// tick lets each clock go on by one unit or two.
func (w *world) tick(fn func(string, int, *world)) {
	if w.ticks > 0 && w.left.ticks == 0 {
		return
	}
	timeless := 0
	for i := range w.machine {
		if m := &w.machine[i]; len(m.custody.Locks) == 0 && m.proc == nil && m.other == nil {
			timeless |= 1 << i
		}
	}
	for fast := range 1 << len(w.machine) {
		if fast&timeless != 0 {
			continue
		}
		next := w.clone()
		if w.ticks > 0 {
			next.left.ticks--
		}
		changed := false
		for i := range next.machine {
			d := unit
			if fast&(1<<i) != 0 {
				d = 2 * unit
			}
			changed = next.machine[i].age(d) || changed
		}
		if !changed {
			return // no clock matters to anyone
		}
		fn("tick", fast, next)
	}
}

// age moves a machine's past away by d. It reports whether it has one.
func (m *machine) age(d time.Duration) (changed bool) {
	for i := range m.custody.Locks {
		if l := &m.custody.Locks[i]; l.Boot == m.now().Boot {
			l.End -= d
			changed = true
		}
	}
	m.custody.Locks = slices.DeleteFunc(m.custody.Locks, func(l Lock) bool { return l.Boot == m.now().Boot && l.End <= 0 })
	for _, p := range []*process{m.proc, m.other} {
		if p == nil || !p.asking {
			continue
		}
		before := p.run.began.At
		p.run.began.At = max(before-d, -2*budget)
		if p.early != (Instant{}) {
			p.early.At -= d
		}
		changed = changed || p.run.began.At != before
		if p.removing && !inTime(p.run.began, m.now(), budget) {
			m.other = nil // given up for good
		}
	}
	return changed
}
