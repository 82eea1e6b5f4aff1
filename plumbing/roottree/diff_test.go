// SPDX-License-Identifier: Apache-2.0

package roottree

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/repo"
)

// A change is one call of Diff's function.
type change struct {
	Path string
	A, B *node.Node
}

func diff(t *testing.T, a, b *Tree) (changes []change) {
	t.Helper()
	err := Diff(a, b, func(path string, x, y *node.Node) error {
		changes = append(changes, change{path, x, y})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

// compare is what Diff has to say, found the long way.
func compare(a, b *Tree) (changes []change) {
	_, na := list(a)
	_, nb := list(b)
	all := maps.Clone(na)
	maps.Copy(all, nb)
	for _, path := range slices.SortedFunc(maps.Keys(all), node.ComparePaths) {
		var x, y *node.Node
		if n, ok := na[path]; ok {
			x = &n
		}
		if n, ok := nb[path]; ok {
			y = &n
		}
		if !cmp.Equal(x, y) {
			changes = append(changes, change{path, x, y})
		}
	}
	return changes
}

// TestDiff compares random trees.
func TestDiff(t *testing.T) {
	r := newRepo(t)
	random := rand.New(rand.NewPCG(1, 2))
	l := NewLoader(r)
	var before *Tree
	for i := range 100 {
		files := randomFiles(random)
		tree, err := l.Load(writeTree(t, r, files).String())
		if err != nil {
			t.Fatal(err)
		}
		if before != nil {
			if d := cmp.Diff(compare(before, tree), diff(t, before, tree)); d != "" {
				t.Fatalf("tree %d: %s", i, d)
			}
		}
		if changes := diff(t, tree, tree); changes != nil {
			t.Fatalf("tree %d differs from itself: %v", i, changes)
		}
		before = tree
	}
}

// randomFiles makes small trees that have much in common.
func randomFiles(random *rand.Rand) map[string]file {
	files := map[string]file{}
	var lines []string
	for _, dir := range []string{"", "a/", "a/b/", "a-b/", "c/"} {
		for _, name := range []string{"x", "y"} {
			path := dir + name
			switch random.IntN(8) {
			case 0:
				lines = append(lines, "./"+path+"-p type=fifo")
			case 1:
				files[path] = file{repo.ModeLink, "x"}
			case 2:
				files[path] = plain("x")
				lines = append(lines, fmt.Sprintf("./%s uid=%d", path, random.IntN(2)))
			case 3:
				lines = append(lines, "./"+path+"-d/e type=dir")
			default:
				files[path] = plain(fmt.Sprint(random.IntN(2)))
			}
		}
	}
	if random.IntN(2) == 0 {
		lines = append(lines, "./a type=dir mode=0700", ". type=dir")
	}
	files[".devops/mtree"] = plain(strings.Join(lines, "\n"))
	return files
}

func TestDiffOfNoTree(t *testing.T) {
	tree := loadFiles(t, newRepo(t), someFiles())
	paths, _ := list(tree)
	for _, changes := range [][]change{diff(t, nil, tree), diff(t, tree, nil)} {
		var got []string
		for _, c := range changes {
			got = append(got, c.Path)
		}
		if d := cmp.Diff(paths, got); d != "" {
			t.Error(d)
		}
	}
}

// TestDiffOfLinks sees metadata that a path has from its first name.
func TestDiffOfLinks(t *testing.T) {
	r := newRepo(t)
	with := func(line string) *Tree {
		return loadFiles(t, r, map[string]file{
			"a": plain("x"), "b": plain("x"), ".devops/mtree": plain(line + "./b hardlink=./a\n"),
		})
	}
	a, b := with(""), with("./a uid=7\n")
	if d := cmp.Diff(compare(a, b), diff(t, a, b)); d != "" {
		t.Error(d)
	}
}

func TestDiffStops(t *testing.T) {
	stop := errors.New("stop")
	calls := 0
	err := Diff(nil, loadFiles(t, newRepo(t), someFiles()), func(string, *node.Node, *node.Node) error {
		calls++
		return stop
	})
	if !errors.Is(err, stop) || calls != 1 {
		t.Errorf("%d calls, %v", calls, err)
	}
}
