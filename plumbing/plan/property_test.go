// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/git-devops/git-devops/plumbing/node"
)

// A scene is a random state of the world.
type scene struct {
	*rand.Rand
	base, target map[string]*node.Node
	live         root
	rules        map[string]Rule
	merged       map[string]*node.Node
}

func newScene(seed uint64) *scene {
	s := &scene{Rand: rand.New(rand.NewPCG(seed, 1)), rules: map[string]Rule{}, merged: map[string]*node.Node{}}
	s.base = s.tree(nil)
	s.target = s.tree(s.base)
	s.live = root{".": {Node: node.Default(node.Dir, false)}}
	s.copyBase()
	s.disturb()
	for _, p := range everyPath(".", 3) {
		s.rules[p] = []Rule{"", Overwrite, Overwrite, Keep, Merge}[s.IntN(5)]
		if m := s.node(); s.IntN(2) == 0 && m.Type == node.File {
			s.merged[p] = &m
		}
	}
	return s
}

func everyPath(dir string, depth int) []string {
	var paths []string
	for _, name := range []string{"a", "b", "c"} {
		path := name
		if dir != "." {
			path = dir + "/" + name
		}
		paths = append(paths, path)
		if depth > 1 {
			paths = append(paths, everyPath(path, depth-1)...)
		}
	}
	return paths
}

func (s *scene) node() node.Node {
	n := node.Default([]node.Type{node.File, node.File, node.File, node.Symlink, node.Fifo, node.Dir}[s.IntN(6)], false)
	if n.Type == node.File || n.Type == node.Symlink {
		n.Content[0] = byte(1 + s.IntN(2))
	}
	if s.IntN(3) == 0 {
		n.Owner = "www"
	}
	if s.IntN(3) == 0 && n.Type != node.Symlink {
		n.Perm = 0o700
	}
	if s.IntN(4) == 0 {
		n.Mtime = &node.Mtime{Sec: int64(s.IntN(2))}
	}
	return n
}

// tree makes a tree, like another one in parts.
func (s *scene) tree(like map[string]*node.Node) map[string]*node.Node {
	tree := map[string]*node.Node{}
	var firsts []string
	for _, p := range everyPath(".", 3) {
		parent := tree[node.Parent(p)]
		if node.Parent(p) != "." && (parent == nil || parent.Type != node.Dir) {
			continue
		}
		n := s.node()
		if old := like[p]; old != nil && s.IntN(3) > 0 {
			n = *old
			n.Link = ""
		} else if s.IntN(3) == 0 {
			continue
		}
		if n.Type == node.Dir && s.IntN(2) == 0 {
			n = node.Default(node.Dir, false)
			n.Implied = true
		}
		if n.Type == node.File && s.IntN(3) == 0 && len(firsts) > 0 {
			first := firsts[s.IntN(len(firsts))]
			n = *tree[first]
			n.Link = first
		} else if n.Type == node.File {
			firsts = append(firsts, p)
		}
		tree[p] = &n
	}
	return tree
}

func (s *scene) copyBase() {
	for _, p := range slices.SortedFunc(maps.Keys(s.base), node.ComparePaths) {
		if n := *s.base[p]; n.Link != "" {
			s.live[p] = s.live[n.Link]
		} else {
			n.Implied = false
			s.live[p] = &inode{Node: n}
		}
	}
}

// disturb changes the live root, managed or not.
func (s *scene) disturb() {
	for _, p := range everyPath(".", 3) {
		parent := s.live[node.Parent(p)]
		if parent == nil || parent.Type != node.Dir && !parent.linked || s.IntN(4) > 0 {
			continue
		}
		old := s.live[p]
		n := s.node()
		switch {
		case old == nil && s.IntN(3) == 0:
			if file := s.live[everyPath(".", 3)[s.IntN(39)]]; file != nil && file.Type == node.File {
				s.live[p] = file
			}
		case old == nil, len(s.live.names(p)) == 0:
			s.live[p] = &inode{Node: n}
		case s.IntN(3) == 0:
			delete(s.live, p)
			s.live.hide(p)
		case old.Type == node.Dir && s.base[p] != nil && s.IntN(2) == 0:
			link := node.Default(node.Symlink, false)
			s.live[p] = &inode{Node: link, linked: true}
		case n.Type == node.Dir:
			s.live[p] = &inode{Node: n}
		}
	}
}

func (s *scene) managed() map[string]bool {
	m := map[string]bool{}
	for p := range s.base {
		m[p] = true
	}
	for p := range s.target {
		m[p] = true
	}
	return m
}

func (s *scene) input() Input {
	managed := s.managed()
	var in Input
	for p := range managed { // in any order
		path := Path{Name: p, Base: s.base[p], Target: s.target[p], Live: s.live.node(p, managed), Drift: s.rules[p], Merged: s.merged[p]}
		if ino := s.live[p]; ino != nil {
			path.Linked = ino.linked
			for other, i := range s.live {
				path.Shared = path.Shared || i == ino && !managed[other]
			}
		}
		if path.Live != nil && path.Live.Type == node.Dir {
			for _, name := range s.live.names(p) {
				if !managed[p+"/"+name] {
					path.Busy = append(path.Busy, name)
				}
			}
		}
		in.Paths = append(in.Paths, path)
	}
	return in
}

func TestStepsMakeTheTarget(t *testing.T) {
	kinds := map[Kind]int{}
	for seed := range uint64(5000) {
		if t.Run(fmt.Sprint(seed), func(t *testing.T) { checkScene(t, newScene(seed), kinds) }); t.Failed() {
			break
		}
	}
	for _, k := range []Kind{Save, Mkdir, Write, Link, Set, Remove, Rmdir, Conflict, Stay, Leave} {
		if kinds[k] < 100 {
			t.Errorf("the scenes had %d steps %q: too few to tell", kinds[k], k)
		}
	}
}

func checkScene(t *testing.T, s *scene, kinds map[Kind]int) {
	p := mustMake(t, s.input())
	if again := mustMake(t, s.input()); again.Digest() != p.Digest() {
		t.Errorf("the same input gave another plan")
	}
	before := s.live.clone()
	managed := s.managed()
	idle, saved := map[string]bool{}, map[string]bool{}
	for step := range p.Steps() {
		kinds[step.Kind]++
		idle[step.Path] = idle[step.Path] || step.Kind.Idle()
		saved[step.Path] = saved[step.Path] || step.Kind == Save
		if err := s.live.do(step, managed); err != nil {
			t.Fatalf("step %v: %v", step, err)
		}
	}
	s.checkTarget(t, idle)
	s.checkUnmanaged(t, before)
	s.checkSaved(t, before, saved)
	s.base = s.target
	for step := range mustMake(t, s.input()).Steps() {
		if !step.Kind.Idle() {
			t.Errorf("the second plan has a step: %v", step)
		}
	}
	if t.Failed() {
		for step := range p.Steps() {
			t.Log(step)
		}
	}
}

func mustMake(t *testing.T, in Input) *Plan {
	t.Helper()
	p, err := Make(in)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// checkTarget looks at every managed path of which the plan does not say that
// it stays.
func (s *scene) checkTarget(t *testing.T, idle map[string]bool) {
	wanted := map[string]bool{}
	for p := range s.target {
		wanted[p] = true
	}
	for p := range s.managed() {
		live, want := s.live.node(p, wanted), s.target[p]
		switch {
		case idle[p], s.live[p] != nil && s.live[p].linked:
		case want == nil && s.live.behindLink(p): // a conflict at the link
		case s.rules[p] == Merge && s.merged[p] != nil && node.Diff(s.merged[p], live) == 0:
		case want != nil && live != nil && want.Link != live.Link && (s.kept(idle, want.Link) || s.kept(idle, live.Link)):
		case want != nil && want.Link != "" && s.rules[want.Link] == Merge:
		case node.Diff(want, live) != 0:
			t.Errorf("%s differs from the target in %v: %+v, %+v", p, node.Diff(want, live), want, live)
		}
	}
}

func (s *scene) kept(idle map[string]bool, path string) bool { return path != "" && idle[path] }

func (s *scene) checkUnmanaged(t *testing.T, before root) {
	managed := s.managed()
	for p, old := range before {
		if managed[p] || p == "." {
			continue
		}
		live, was := s.live[p], *old
		if before.behindLink(p) {
			continue
		}
		if live == nil {
			t.Errorf("%s, which is not managed, is gone", p)
			continue
		}
		if was.Type == node.Dir {
			was.Mtime = nil
		}
		if a := node.Diff(&was.Node, &live.Node); a != 0 {
			t.Errorf("%s, which is not managed, changed in %v", p, a)
		}
	}
}

func (s *scene) checkSaved(t *testing.T, before root, saved map[string]bool) {
	managed := s.managed()
	for p := range managed {
		was := before.node(p, managed)
		if was == nil || saved[p] || before[p].linked || before.behindLink(p) {
			continue
		}
		drift := node.Diff(s.base[p], was)
		if was.Type == node.Dir {
			drift &^= node.AspectMtime
		}
		live := s.live[p]
		if drift&^node.AspectLink != 0 && (live == nil || node.Diff(&before[p].Node, &live.Node)&^node.AspectMtime != 0) {
			t.Errorf("%s had drifted in %v, was changed and not saved", p, drift)
		}
	}
}
