// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/plumbing/node"
)

// nodes for the tables: f and g are files of different content.
var (
	f, g       = file(1), file(2)
	private    = with(f, func(n *node.Node) { n.Perm, n.Owner = 0o600, "www" })
	owned      = with(f, func(n *node.Node) { n.Owner, n.Group = "www", "www" })
	large      = with(f, func(n *node.Node) { n.Large = true })
	setuid     = with(f, func(n *node.Node) { n.Perm = 0o4755 })
	dir        = ptr(node.Default(node.Dir, false))
	impliedDir = with(dir, func(n *node.Node) { n.Implied = true })
	openDir    = with(dir, func(n *node.Node) { n.Perm = 0o777 })
	userDir    = with(dir, func(n *node.Node) { n.Owner = "www" })
	symlink    = with(ptr(node.Default(node.Symlink, false)), func(n *node.Node) { n.Content[0] = 3 })
)

func ptr(n node.Node) *node.Node { return &n }

func file(content byte) *node.Node {
	return with(ptr(node.Default(node.File, false)), func(n *node.Node) { n.Content[0] = content })
}

func with(n *node.Node, edit func(*node.Node)) *node.Node {
	c := *n
	edit(&c)
	return &c
}

func nameOf(n *node.Node, first string) *node.Node {
	return with(n, func(n *node.Node) { n.Link = first })
}

func TestMake(t *testing.T) {
	tests := []struct {
		name  string
		paths []Path
		want  []string
	}{
		{"nothing", nil, nil},
		{"all alike", []Path{{Name: "a", Base: f, Target: f, Live: f}}, nil},
		{"not managed", []Path{{Name: "a", Live: f}}, nil},
		{"there already", []Path{{Name: "a", Base: f, Target: g, Live: g}}, nil},
		{"gone already", []Path{{Name: "a", Base: f}}, nil},
		{"new", []Path{{Name: "a", Target: f}}, []string{"write a (new)"}},
		{"changed", []Path{{Name: "a", Base: f, Target: g, Live: f}}, []string{"write a (content)"}},
		{"metadata, by one call", []Path{{Name: "a", Base: f, Target: owned, Live: f}}, []string{"set a (owner,group)"}},
		{"metadata, by several calls", []Path{{Name: "a", Base: f, Target: private, Live: f}}, []string{"write a (mode,owner)"}},
		{"an owner whose change clears a bit", []Path{{Name: "a", Base: setuid, Target: with(setuid, func(n *node.Node) { n.Owner = "www" }), Live: setuid}}, []string{"write a (owner)"}},
		{"metadata of a large file", []Path{{Name: "a", Base: large, Target: with(private, func(n *node.Node) { n.Large = true }), Live: large}}, []string{"set a (mode,owner)"}},
		{"metadata of a shared inode", []Path{{Name: "a", Base: f, Target: private, Live: f, Shared: true}},
			[]string{"write a (mode,owner)"}},
		{"removed", []Path{{Name: "a", Base: f, Live: f}}, []string{"remove a"}},

		{"drift", []Path{{Name: "a", Base: f, Target: f, Live: g}},
			[]string{"save a (content)", "write a (content; drifted)"}},
		{"drift where something is removed", []Path{{Name: "a", Base: f, Live: g}},
			[]string{"save a (content)", "remove a (drifted)"}},
		{"deleted here", []Path{{Name: "a", Base: f, Target: f}},
			[]string{"save a (deleted)", "write a (new; drifted)"}},
		{"there before it was managed", []Path{{Name: "a", Target: f, Live: g}},
			[]string{"save a (type)", "write a (content; drifted)"}},
		{"kept", []Path{{Name: "a", Base: f, Target: f, Live: g, Drift: Keep}}, []string{"keep a (content)"}},
		{"forgotten", []Path{{Name: "a", Base: f, Live: f, Forgotten: true}}, []string{"forget a"}},
		{"forgotten, and changed", []Path{{Name: "a", Base: f, Live: g, Forgotten: true, Drift: Fail}}, []string{"forget a"}},
		{"forgotten, and gone", []Path{{Name: "a", Base: f, Forgotten: true}}, nil},
		{"forgotten in a directory", []Path{{Name: "a", Base: dir, Live: dir}, {Name: "a/b", Base: f, Live: f, Forgotten: true}},
			[]string{"forget a/b", "leave a (has b)"}},
		{"kept away", []Path{{Name: "a", Base: f, Target: f, Drift: Keep}}, []string{"keep a (deleted)"}},
		{"refused", []Path{{Name: "a", Base: f, Target: f, Live: g, Drift: Fail}}, []string{"refuse a (content)"}},
		{"merged", []Path{{Name: "a", Base: f, Target: g, Live: file(4), Drift: Merge, Merged: file(5)}},
			[]string{"save a (content)", "write a (content; drifted)"}},
		{"nothing to merge", []Path{{Name: "a", Base: f, Target: f, Live: g, Drift: Merge}}, []string{"keep a (content)"}},
		{"not to be merged", []Path{{Name: "a", Base: f, Target: g, Live: file(4), Drift: Merge}},
			[]string{"conflict a (content; changed here and in the target)"}},
		{"changed here, removed there", []Path{{Name: "a", Base: f, Live: g, Drift: Merge, Merged: g}},
			[]string{"conflict a (changed here and in the target)"}},

		{"file to directory", []Path{{Name: "a", Base: f, Target: dir, Live: f}, {Name: "a/b", Target: f}},
			[]string{"mkdir a (file to dir)", "write a/b (new)"}},
		{"directory to file", []Path{{Name: "a", Base: dir, Target: f, Live: dir}, {Name: "a/b", Base: f, Live: f}},
			[]string{"remove a/b", "write a (dir to file)"}},
		{"directory to file, not empty", []Path{{Name: "a", Base: dir, Target: f, Live: dir, Busy: []string{"c"}}, {Name: "a/b", Base: f, Live: f}},
			[]string{"conflict a (a directory that is not empty is in its place; has c)", "remove a/b"}},
		{"directory to link, a file is kept", []Path{{Name: "a", Base: dir, Target: symlink, Live: dir}, {Name: "a/b", Base: f, Live: g, Drift: Keep}},
			[]string{"conflict a (a directory that is not empty is in its place; has b)", "keep a/b (content)"}},
		{"below what is kept", []Path{{Name: "a", Base: f, Target: dir, Live: g, Drift: Keep}, {Name: "a/b", Target: f}},
			[]string{"keep a (content)", "conflict a/b (a is no directory)"}},

		{"directories go when empty", []Path{{Name: "a", Base: dir, Live: dir}, {Name: "a/b", Base: dir, Live: dir}, {Name: "a/b/c", Base: f, Live: f}},
			[]string{"remove a/b/c", "rmdir a/b", "rmdir a"}},
		{"directories stay when not", []Path{{Name: "a", Base: dir, Live: dir}, {Name: "a/b", Base: dir, Live: dir, Busy: []string{"w", "x", "y", "z"}}},
			[]string{"leave a/b (has w, x, y and 1 more)", "leave a (has b)"}},
		{"a directory is taken from a user first", []Path{{Name: "a", Base: dir, Target: dir, Live: userDir}, {Name: "a/b", Base: f, Target: g, Live: f}},
			[]string{"save a (owner)", "set a (owner; drifted)", "write a/b (content)"}},
		{"a directory is opened last", []Path{{Name: "a", Base: dir, Target: openDir, Live: dir}, {Name: "a/b", Base: f, Live: f}},
			[]string{"remove a/b", "set a (mode)"}},
		{"the root stays", []Path{{Name: ".", Base: dir, Live: openDir}}, nil},

		{"a link for a directory", []Path{{Name: "a", Base: impliedDir, Target: impliedDir, Live: symlink, Linked: true}, {Name: "a/b", Target: f}},
			[]string{"write a/b (new)"}},
		{"a link for a directory that goes", []Path{{Name: "a", Base: impliedDir, Live: symlink, Linked: true}, {Name: "a/b", Base: f, Live: f}},
			[]string{"remove a/b"}},
		{"a link for a directory that must be one", []Path{{Name: "a", Base: impliedDir, Target: dir, Live: symlink, Linked: true}, {Name: "a/b", Base: f, Target: g, Live: f}},
			[]string{"conflict a (a link to a directory is in its place)", "write a/b (content)"}},
		{"a link for a directory, seen through", []Path{{Name: "a", Base: dir, Target: dir, Live: symlink}, {Name: "a/b", Base: f, Target: f, Live: f}},
			[]string{"save a (type)", "save a/b (deleted)", "mkdir a (link to dir; drifted)", "write a/b (new; drifted)"}},

		{"names of a file", []Path{{Name: "a", Target: f}, {Name: "b", Target: nameOf(f, "a")}},
			[]string{"write a (new)", "link b (new)"}},
		{"names of a file that changes", []Path{{Name: "a", Base: f, Target: g, Live: f}, {Name: "b", Base: nameOf(f, "a"), Target: nameOf(g, "a"), Live: nameOf(f, "a")}},
			[]string{"write a (content)", "link b (content)"}},
		{"names of a file whose metadata changes", []Path{{Name: "a", Base: f, Target: private, Live: f}, {Name: "b", Base: nameOf(f, "a"), Target: nameOf(private, "a"), Live: nameOf(f, "a")}},
			[]string{"write a (mode,owner)", "link b (mode,owner)"}},
		{"names of a file whose owner changes", []Path{{Name: "a", Base: f, Target: owned, Live: f}, {Name: "b", Base: nameOf(f, "a"), Target: nameOf(owned, "a"), Live: nameOf(f, "a")}},
			[]string{"set a (owner,group)"}},
		{"names part", []Path{{Name: "b", Base: nameOf(f, "a"), Target: f, Live: nameOf(f, "a")}},
			[]string{"write b (link)"}},
		{"a name of what is kept", []Path{{Name: "a", Base: f, Target: g, Live: file(4), Drift: Keep}, {Name: "b", Target: nameOf(g, "a")}},
			[]string{"keep a (content)", "conflict b (a, of which it is to be a name, stays as it is)"}},
		{"a kept name of what changes", []Path{{Name: "a", Base: f, Target: f, Live: private}, {Name: "b", Base: g, Target: g, Live: nameOf(private, "a"), Drift: Keep}},
			[]string{"keep b (content,mode,owner,link)", "save a (mode,owner)", "write a (mode,owner; drifted)"}},
		{"names of what changes, but for a kept one", []Path{
			{Name: "a", Base: f, Target: f, Live: private},
			{Name: "b", Base: nameOf(f, "a"), Target: nameOf(f, "a"), Live: nameOf(private, "a")},
			{Name: "c", Base: g, Target: g, Live: nameOf(private, "a"), Drift: Keep}},
			[]string{"keep c (content,mode,owner,link)", "save a (mode,owner)", "save b (mode,owner)", "write a (mode,owner; drifted)", "link b (mode,owner; drifted)"}},
		{"a name that could steer a terminal", []Path{{Name: "a\x1b[m b", Target: f}}, []string{`write "a\x1b[m b" (new)`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := mustMake(t, Input{Paths: tt.paths})
			var got []string
			for s := range p.Steps() {
				got = append(got, s.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("the steps differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMtimesOfDirectories(t *testing.T) {
	old := with(dir, func(n *node.Node) { n.Mtime = &node.Mtime{Sec: 1} })
	other := with(dir, func(n *node.Node) { n.Mtime = &node.Mtime{Sec: 2} })
	p := mustMake(t, Input{Paths: []Path{
		{Name: "a", Base: old, Target: old, Live: other, Drift: Fail},
		{Name: "b", Base: old, Target: old, Live: old},
		{Name: "b/b", Target: old},
		{Name: "b/b/f", Target: f},
		{Name: "c", Base: old, Target: old, Live: old},
	}})
	want := []string{"mkdir b/b (new)", "write b/b/f (new)", "set b/b (mtime)", "set b (mtime)", "set a (mtime)"}
	var got []string
	for s := range p.Steps() {
		got = append(got, s.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the steps differ (-want +got):\n%s", diff)
	}
}

func TestMakeRefusesWhatIsNoTree(t *testing.T) {
	tests := map[string][]Path{
		"twice":             {{Name: "a", Target: f}, {Name: "a", Target: g}},
		"below a file":      {{Name: "a", Target: f}, {Name: "a/b", Target: dir}, {Name: "a/b/c", Target: f}},
		"the root":          {{Name: ".", Target: f}},
		"a name of a link":  {{Name: "a", Target: symlink}, {Name: "b", Target: nameOf(f, "a")}},
		"a name of nothing": {{Name: "a", Base: f}, {Name: "b", Target: nameOf(f, "a")}},
	}
	for name, paths := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := Make(Input{Paths: paths}); !errors.Is(err, ErrTree) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestActions(t *testing.T) {
	below := func(dir string) func(string) bool {
		return func(path string) bool { return strings.HasPrefix(path, dir+"/") }
	}
	p := mustMake(t, Input{
		Paths: []Path{
			{Name: "a/f", Base: f, Target: g, Live: f},
			{Name: "b/f", Base: f, Target: g, Live: g},
			{Name: "d/f", Base: f, Target: g, Live: file(4), Drift: Keep},
		},
		Entries: []Entry{{Name: "001-users"}},
		Actions: []Action{
			{Name: "a", Run: "reload a", Match: below("a")},
			{Name: "b", Run: "reload b", Match: below("b")},
			{Name: "c", Run: "reload c", Match: below("c"), Pending: true},
			{Name: "d", Run: "reload d", Match: below("d")},
		},
	})
	want := []string{"keep d/f (content)", "write a/f (content)", "exec 001-users", "run a (reload a)", "run c (reload c)"}
	var got []string
	for s := range p.Steps() {
		got = append(got, s.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the steps differ (-want +got):\n%s", diff)
	}
}

func TestWriteJSON(t *testing.T) {
	p := mustMake(t, Input{Type: "web", Paths: []Path{
		{Name: "a", Base: f, Target: private, Live: g},
		{Name: "d\xff", Base: dir, Live: dir, Busy: []string{"x", "<y>"}},
	}})
	var b bytes.Buffer
	if err := p.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	zero, id := strings.Repeat("0", 40), func(c string) string { return c + strings.Repeat("0", 38) }
	from := `{"type":"file","mode":"0644","owner":"root","group":"root","content":"` + id("02") + `"}`
	to := `{"type":"file","mode":"0600","owner":"www","group":"root","content":"` + id("01") + `"}`
	want := []string{
		`{"plan":1,"base":"` + zero + `","target":"` + zero + `","machine_type":"web"}`,
		`{"stage":"` + zero + `"}`,
		`{"step":"save","path":"a","aspects":["content"],"drift":true,"from":` + from + `}`,
		`{"step":"write","path":"a","aspects":["content","mode","owner"],"drift":true,"from":` + from + `,"to":` + to + `}`,
		`{"step":"leave","path":{"base64":"ZP8="},"aspects":["type"],"names":["\u003cy\u003e","x"],` +
			`"from":{"type":"dir","mode":"0755","owner":"root","group":"root"}}`,
		"",
	}
	if diff := cmp.Diff(want, strings.Split(b.String(), "\n")); diff != "" {
		t.Errorf("the lines differ (-want +got):\n%s", diff)
	}
}

func TestDigest(t *testing.T) {
	digest := func(edit func(in *Input)) string {
		in := Input{Paths: []Path{{Name: "a", Base: f, Target: g, Live: f}, {Name: "b", Target: f}}}
		edit(&in)
		return mustMake(t, in).Digest()
	}
	plain := digest(func(*Input) {})
	if other := digest(func(in *Input) { slices.Reverse(in.Paths) }); other != plain {
		t.Error("the order of the input shows in the digest")
	}
	seen := map[string]string{plain: "plain"}
	for name, edit := range map[string]func(in *Input){
		"type":   func(in *Input) { in.Type = "web" },
		"base":   func(in *Input) { in.Base[0] = 1 },
		"target": func(in *Input) { in.Target[0] = 1 },
		"live":   func(in *Input) { in.Paths[0].Live = private },
		"action": func(in *Input) { in.Actions = []Action{{Name: "a", Run: "b", Pending: true}} },
		"run":    func(in *Input) { in.Actions = []Action{{Name: "a", Run: "c", Pending: true}} },
	} {
		d := digest(edit)
		if seen[d] != "" {
			t.Errorf("%s and %s have the same digest", name, seen[d])
		}
		seen[d] = name
	}
}

func BenchmarkMake(b *testing.B) {
	var in Input
	for i := range 100_000 {
		in.Paths = append(in.Paths, Path{Name: fmt.Sprintf("d%03d/f%05d", i/1000, i), Target: f})
	}
	for b.Loop() {
		p, err := Make(in)
		if err != nil {
			b.Fatal(err)
		}
		p.Digest()
	}
}
