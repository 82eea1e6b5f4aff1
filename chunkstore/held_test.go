// SPDX-License-Identifier: Apache-2.0

package chunkstore

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// trees is an object store of trees in memory.
type trees map[ID][]byte

func (s trees) read(id ID) ([]byte, error) {
	body, ok := s[id]
	if !ok {
		return nil, &MissingError{ID: id}
	}
	return body, nil
}

// update writes what h.Update returns, and checks the promises about it.
func (s trees) update(t testing.TB, h *Held, add, remove []ID) ID {
	t.Helper()
	root, written, err := h.Update(add, remove)
	if err != nil {
		t.Fatal(err)
	}
	for _, tree := range written {
		if got := ObjectID("tree", tree.Body); got != tree.ID {
			t.Fatalf("tree %s has the id %s", tree.ID, got)
		}
		for _, kid := range kidsOf(tree.Body) {
			if _, ok := s[kid]; !ok {
				t.Fatalf("tree %s is written before its subtree %s", tree.ID, kid)
			}
		}
		s[tree.ID] = tree.Body
	}
	if _, ok := s[root]; !ok {
		t.Fatalf("the root %s is not written", root)
	}
	return root
}

func kidsOf(body []byte) (ids []ID) {
	if !bytes.HasPrefix(body, []byte(kidMode)) {
		return nil
	}
	const entry = len(kidMode) + 1 + 1 + 20
	for e := range slices.Chunk(body, entry) {
		ids = append(ids, ID(e[entry-20:]))
	}
	return ids
}

// numbered returns the ids of the blobs that hold the numbers from 0 to n-1
// in decimal.
func numbered(n int) []ID {
	ids := make([]ID, n)
	for i := range ids {
		ids[i] = BlobID(fmt.Append(nil, i))
	}
	return ids
}

// crowded returns n ids that agree in their first depth bytes.
func crowded(n, depth int) []ID {
	ids := numbered(n)
	for i := range ids {
		copy(ids[i][:depth], bytes.Repeat([]byte{0xc0}, depth))
	}
	return ids
}

func list(t testing.TB, h *Held) (ids []ID) {
	t.Helper()
	if err := h.Each(func(id ID) error { ids = append(ids, id); return nil }); err != nil {
		t.Fatal(err)
	}
	return ids
}

func TestHeldSets(t *testing.T) {
	for _, tc := range []struct {
		name string
		ids  []ID
	}{
		{"empty", nil},
		{"one", numbered(1)},
		{"a full leaf", numbered(256)},
		{"one more than a leaf", numbered(257)},
		{"all under one byte", crowded(257, 1)},
		{"the deepest", crowded(257, 18)},
		{"many", numbered(20_000)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := trees{}
			h := OpenHeld(s.read, s.update(t, OpenHeld(s.read, ID{}), tc.ids, nil))
			want := SortedSet(tc.ids)
			if diff := cmp.Diff(want, list(t, h)); diff != "" {
				t.Errorf("Each, want -, got +:\n%.1000s", diff)
			}
			if n, err := h.Len(); n != len(want) || err != nil {
				t.Errorf("Len: %d, %v", n, err)
			}
			for _, id := range want {
				if ok, err := h.Has(id); !ok || err != nil {
					t.Fatalf("Has(%s): %v, %v", id, ok, err)
				}
				id[19] ^= 1
				if ok, err := h.Has(id); ok != contains(want, id) || err != nil {
					t.Fatalf("Has(%s): %v, %v", id, ok, err)
				}
			}
		})
	}
}

// TestHeldRootsAreFrozen fails when a change would give the same set another
// tree than every repository so far.
func TestHeldRootsAreFrozen(t *testing.T) {
	var b strings.Builder
	for _, n := range []int{0, 1, 2, 256, 257, 1000, 70_000} {
		root, written, err := OpenHeld(trees{}.read, ID{}).Update(numbered(n), nil)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%d ids: root %s, trees %d\n", n, root, len(written))
	}
	golden(t, "held", []byte(b.String()))
}

// TestHeldUpdateIsCanonical adds and removes at random, and compares with a
// set built at once.
func TestHeldUpdateIsCanonical(t *testing.T) {
	pool := slices.Concat(numbered(600), crowded(600, 1), crowded(600, 2), crowded(300, 18))
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(n int) []ID {
		ids := make([]ID, n)
		for i := range ids {
			ids[i] = pool[r.IntN(len(pool))]
		}
		return ids
	}
	s, root, model := trees{}, ID{}, map[ID]bool{}
	for round := range 40 {
		add, remove := pick(r.IntN(1+r.IntN(900))), pick(r.IntN(1+r.IntN(900)))
		if round%20 == 19 {
			add, remove = nil, pool
		}
		h := OpenHeld(s.read, root)
		before := list(t, h)
		root = s.update(t, h, add, remove)
		if diff := cmp.Diff(before, list(t, h)); diff != "" {
			t.Fatalf("round %d changed the old set:\n%.1000s", round, diff)
		}
		for _, id := range remove {
			delete(model, id)
		}
		for _, id := range add {
			model[id] = true
		}
		want := make([]ID, 0, len(model))
		for id := range model {
			want = append(want, id)
		}
		fresh, _, err := OpenHeld(s.read, ID{}).Update(want, nil)
		if err != nil {
			t.Fatal(err)
		}
		if root != fresh {
			t.Fatalf("round %d: %d ids have the root %s, built at once %s", round, len(want), root, fresh)
		}
	}
}

func TestHeldUpdateWritesOnlyNewTrees(t *testing.T) {
	s := trees{}
	all := numbered(100_000)
	root := s.update(t, OpenHeld(s.read, ID{}), all[:99_990], nil)
	reads := 0
	h := OpenHeld(func(id ID) ([]byte, error) { reads++; return s.read(id) }, root)
	_, written, err := h.Update(all[99_990:], nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tree := range written {
		if _, ok := s[tree.ID]; ok {
			t.Errorf("tree %s is not new", tree.ID)
		}
	}
	if len(written) > 31 || reads > 31 {
		t.Errorf("10 more ids: %d trees written, %d read; want at most a root and 3 levels each", len(written), reads)
	}
}

func TestHeldUpdateThatChangesNothing(t *testing.T) {
	s := trees{}
	ids := numbered(1000)
	root := s.update(t, OpenHeld(s.read, ID{}), ids, nil)
	for _, tc := range []struct {
		name        string
		add, remove []ID
	}{
		{"nothing at all", nil, nil},
		{"add what is there", ids[:500], nil},
		{"remove what is not there", nil, crowded(10, 3)},
		{"add wins over remove", ids[:10], ids[:10]},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, written, err := OpenHeld(s.read, root).Update(tc.add, tc.remove)
			if got != root || len(written) != 0 || err != nil {
				t.Errorf("Update: %s, %d trees, %v; want %s", got, len(written), err, root)
			}
		})
	}
}

func TestHeldUpdateRefusesTheNullID(t *testing.T) {
	if _, _, err := OpenHeld(trees{}.read, ID{}).Update([]ID{{}}, nil); err == nil {
		t.Error("Update took the null id")
	}
}

func TestHeldEachStops(t *testing.T) {
	s := trees{}
	h := OpenHeld(s.read, s.update(t, OpenHeld(s.read, ID{}), numbered(1000), nil))
	stop := errors.New("stop")
	calls := 0
	if err := h.Each(func(ID) error { calls++; return stop }); err != stop || calls != 1 {
		t.Errorf("Each: %v after %d calls", err, calls)
	}
}

// TestHeldConcurrently is for the race detector.
func TestHeldConcurrently(t *testing.T) {
	s := trees{}
	ids := numbered(2000)
	h := OpenHeld(s.read, s.update(t, OpenHeld(s.read, ID{}), ids[:1000], nil))
	want, _, err := h.Update(ids[1000:], ids[:500])
	if err != nil {
		t.Fatal(err)
	}
	h = OpenHeld(s.read, h.root.id)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if root, _, err := h.Update(ids[1000:], ids[:500]); root != want || err != nil {
				t.Errorf("Update: %s, %v; want %s", root, err, want)
			}
			for i, id := range ids {
				if ok, err := h.Has(id); ok != (i < 1000) || err != nil {
					t.Errorf("Has(%s): %v, %v", id, ok, err)
				}
			}
			if n, err := h.Len(); n != 1000 || err != nil {
				t.Errorf("Len: %d, %v", n, err)
			}
		})
	}
	wg.Wait()
}

// leaf returns the raw tree of ids below depth digits, in this order.
func leaf(mode string, depth int, ids ...ID) (body []byte) {
	for _, id := range ids {
		body = appendEntry(body, mode, digits(id)[depth:], id)
	}
	return body
}

func TestHeldRefuses(t *testing.T) {
	ids := SortedSet(numbered(257))
	a, b := ids[0], ids[1]
	good := leaf(leafMode, 0, a, b)
	upper := bytes.ReplaceAll(good, []byte(a.String()), []byte(strings.ToUpper(a.String())))
	kids := func(names ...byte) (body []byte) {
		for _, name := range names {
			body = appendEntry(body, kidMode, []byte{name}, a)
		}
		return body
	}
	for _, tc := range []struct {
		name   string
		body   []byte
		reason string
	}{
		{"another object than the name says", appendEntry(nil, leafMode, digits(a), b), "is the object"},
		{"out of order", leaf(leafMode, 0, b, a), "out of order"},
		{"twice the same", leaf(leafMode, 0, a, a), "out of order"},
		{"too many entries", leaf(leafMode, 0, ids...), "more than 256"},
		{"executable", leaf("100755 ", 0, a), "mode"},
		{"symbolic link", leaf("120000 ", 0, a), "mode"},
		{"mode with a leading zero", kidsWithMode("040000 ", a), "mode"},
		{"mixed kinds", append(leaf(leafMode, 0, a), kids(0xf)...), "multiple"},
		{"upper-case name", upper, "lower-case"},
		{"name of a deeper leaf", leaf(leafMode, 1, a), "multiple"},
		{"null id", leaf(leafMode, 0, ID{}), "null id"},
		{"truncated", good[:len(good)-1], "multiple"},
		{"trailing bytes", append(slices.Clone(good), 0), "multiple"},
		{"not a tree", []byte("hello\n"), "mode"},
		{"subtrees out of order", kids(2, 1), "out of order"},
		{"subtree twice", kids(1, 1), "out of order"},
		{"subtree with the null id", appendEntry(nil, kidMode, []byte{1}, ID{}), "null id"},
		{"subtree with a long name", kidsWithMode(kidMode, a, 1, 2), "multiple"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			root := ObjectID("tree", tc.body)
			h := OpenHeld(trees{root: tc.body}.read, root)
			_, hasErr := h.Has(a)
			_, lenErr := h.Len()
			_, _, updateErr := h.Update([]ID{BlobID([]byte("new"))}, nil)
			for what, err := range map[string]error{"Has": hasErr, "Len": lenErr, "Update": updateErr} {
				var format *FormatError
				if !errors.As(err, &format) || !strings.Contains(format.Reason, tc.reason) || !strings.Contains(format.What, root.String()) {
					t.Errorf("%s: %v, want a *FormatError: %s", what, err, tc.reason)
				}
			}
		})
	}
}

func kidsWithMode(mode string, id ID, name ...byte) []byte {
	return appendEntry(nil, mode, append([]byte{7}, name...), id)
}

// TestHeldRefusesBelowTheRoot has what only shows with the path of a tree.
func TestHeldRefusesBelowTheRoot(t *testing.T) {
	s := trees{}
	put := func(body []byte) ID {
		id := ObjectID("tree", body)
		s[id] = body
		return id
	}
	member := crowded(1, 19)[0]
	// under is the tree at so many digits of member that has only this one.
	under := func(depth int, id ID) ID {
		return put(appendEntry(nil, kidMode, []byte{digit(member, depth)}, id))
	}
	deep := put(leaf(leafMode, 38, member))
	for depth := 37; depth > 0; depth-- {
		deep = under(depth, deep)
	}
	tooDeep := under(38, put(leaf(leafMode, 39, member)))
	for depth := 37; depth >= 0; depth-- {
		tooDeep = under(depth, tooDeep)
	}
	for _, tc := range []struct {
		name   string
		root   ID
		reason string
		path   string
	}{
		{"empty below the root", under(0, put(nil)), "empty", `"c"`},
		{"divided for a few", under(0, put(leaf(leafMode, 1, member))), "divided, although it has only 1", `""`},
		{"divided for a few, deep", under(0, deep), "divided, although it has only 1", `"c/0/c`},
		{"divided too deep", tooDeep, "divided too deep", `"c/0/c`},
		{"of another path", put(appendEntry(nil, kidMode, []byte{0xd}, put(leaf(leafMode, 1, member)))), "is the object", `"d"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := OpenHeld(s.read, tc.root).Len()
			var format *FormatError
			if !errors.As(err, &format) || !strings.Contains(format.Reason, tc.reason) || !strings.Contains(format.What, tc.path) {
				t.Errorf("Len: %v, want a *FormatError at %s: %s", err, tc.path, tc.reason)
			}
		})
	}
}

func TestHeldMissingAndCorruptTrees(t *testing.T) {
	s := trees{}
	ids := SortedSet(numbered(300))
	root := s.update(t, OpenHeld(s.read, ID{}), ids, nil)
	kid := kidsOf(s[root])[0]
	body := s[kid]

	delete(s, kid)
	var missing *MissingError
	if _, err := OpenHeld(s.read, root).Has(ids[0]); !errors.As(err, &missing) || missing.ID != kid || !strings.Contains(err.Error(), `at "`+ids[0].String()[:1]+`"`) {
		t.Errorf("a missing tree: %v", err)
	}
	if ok, err := OpenHeld(s.read, root).Has(ids[299]); !ok || err != nil {
		t.Errorf("beside a missing tree: %v, %v", ok, err)
	}

	for i := range body {
		s[kid] = slices.Clone(body)
		s[kid][i] ^= 1
		var corrupt *CorruptError
		if _, err := OpenHeld(s.read, root).Has(ids[0]); !errors.As(err, &corrupt) || corrupt.ID != kid {
			t.Fatalf("byte %d changed: %v, want a *CorruptError", i, err)
		}
	}
}

// TestGitAcceptsHeldTrees has git check every tree as git fsck --strict does.
func TestGitAcceptsHeldTrees(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git")
	}
	dir := t.TempDir()
	git := func(stdin []byte, args ...string) string {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
		cmd.Stdin = bytes.NewReader(stdin)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %s: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git(nil, "init", "-q", "--bare", ".")
	s := trees{}
	roots := []ID{s.update(t, OpenHeld(s.read, ID{}), numbered(256), nil), s.update(t, OpenHeld(s.read, ID{}), crowded(257, 1), nil)}
	for id, body := range s {
		if got := git(body, "hash-object", "-w", "-t", "tree", "--stdin"); got != id.String() {
			t.Fatalf("git names tree %s %s", id, got)
		}
	}
	for _, root := range roots {
		want := list(t, OpenHeld(s.read, root))
		var got []ID
		for path := range strings.Lines(git(nil, "ls-tree", "-r", "--name-only", root.String())) {
			id, err := ParseID(strings.ReplaceAll(strings.TrimSpace(path), "/", ""))
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, id)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("ours -, git ls-tree +:\n%.1000s", diff)
		}
	}
}

// FuzzHeldTree shows that a tree that is accepted has one encoding.
func FuzzHeldTree(f *testing.F) {
	f.Add([]byte(nil), []byte(nil))
	f.Add(leaf(leafMode, 0, SortedSet(numbered(3))...), []byte(nil))
	f.Add(leaf(leafMode, 2, SortedSet(crowded(3, 2))...), []byte{0xc, 0})
	f.Add(leaf(leafMode, 38, crowded(1, 19)...), bytes.Repeat([]byte{0xc, 0}, 19))
	f.Add(kidsWithMode(kidMode, numbered(1)[0]), []byte{0xc})
	f.Add(kidsWithMode(kidMode, numbered(1)[0]), bytes.Repeat([]byte{0xc, 0}, 19))
	f.Add(leaf("100755 ", 0, numbered(1)...), []byte(nil))
	f.Fuzz(func(t *testing.T, body, prefix []byte) {
		if len(prefix) >= idDigits || slices.ContainsFunc(prefix, func(d byte) bool { return d > 15 }) {
			return
		}
		b, reason := parseBranch(body, prefix)
		if reason != "" {
			return
		}
		var written []Tree
		writeNode(newNode(ID{}, b), len(prefix), &written)
		if len(written) != 1 || !bytes.Equal(written[0].Body, body) {
			t.Errorf("parsed:\n%q\nencoded:\n%q", body, written)
		}
	})
}

func BenchmarkHeld(b *testing.B) {
	s := trees{}
	all := numbered(100_100)
	root := s.update(b, OpenHeld(s.read, ID{}), all[:100_000], nil)
	b.Run("add 10 to 100000", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := OpenHeld(s.read, root).Update(all[100_000:100_010], nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("build 100000", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := OpenHeld(s.read, ID{}).Update(all[:100_000], nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("each of 100000", func(b *testing.B) {
		for b.Loop() {
			if _, err := OpenHeld(s.read, root).Len(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("has, 100000", func(b *testing.B) {
		h := OpenHeld(s.read, root)
		for i := 0; b.Loop(); i++ {
			if ok, err := h.Has(all[i%100_000]); !ok || err != nil {
				b.Fatal(ok, err)
			}
		}
	})
}
