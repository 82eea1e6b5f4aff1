// SPDX-License-Identifier: Apache-2.0

package mtree

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/plumbing/node"
)

func perm(p uint32) *uint32 { return &p }

func parse(t *testing.T, text string) *Spec {
	t.Helper()
	s, err := Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func entries(s *Spec) map[string]Entry {
	m := map[string]Entry{}
	for path, e := range s.All() {
		m[path] = e
	}
	return m
}

func root(t node.Type) Entry { return Entry{Type: t, Owner: "root", Group: "root"} }

func TestParse(t *testing.T) {
	s := parse(t, `#mtree
# a comment
/set type=file uname=root gname=root mode=0640

	. type=dir mode=755
./a\040b uid=1000 gname=www-data	time=-1.000000005
/set type=dir gid=7
./d  uname=bin mode=1777
./l type=link gname=root
./x type=file uname=root gname=root xattr.user.a\075b=AAE= xattr.user.a=
./y hardlink=./x type=file
`)
	ab := Entry{Type: node.File, Perm: perm(0o640), Owner: "1000", Group: "www-data", Mtime: &node.Mtime{Sec: -1, Nsec: 5}}
	x := root(node.File)
	x.Perm = perm(0o640)
	x.Xattrs = []node.Xattr{{Name: "user.a"}, {Name: "user.a=b", Value: "\x00\x01"}}
	dot := root(node.Dir)
	dot.Perm = perm(0o755)
	y := root(node.File)
	y.Link = "x"
	want := map[string]Entry{
		".":   dot,
		"a b": ab,
		"d":   {Type: node.Dir, Perm: perm(0o1777), Owner: "bin", Group: "7"},
		"l":   root(node.Symlink),
		"x":   x,
		"y":   y,
	}
	if diff := cmp.Diff(want, entries(s)); diff != "" {
		t.Error(diff)
	}
}

func TestParseNothing(t *testing.T) {
	for _, text := range []string{"", "#mtree\n", "\n\n", header} {
		if s := parse(t, text); s.Len() != 0 {
			t.Errorf("%q says something: %v", text, entries(s))
		}
	}
}

func TestParseRefuses(t *testing.T) {
	long := strings.Repeat("n", 256)
	tests := map[string]string{
		"dir mode=0755":            "does not begin with",
		"/etc/passwd":              "unknown directive",
		"..":                       "does not begin with",
		"./..":                     "has a step ..",
		"./a/../../b":              "has a step ..",
		"./.":                      "not clean",
		"./":                       "not clean",
		"././a":                    "has a step .",
		"./a//b":                   "not clean",
		`./a\000b`:                 "has a NUL",
		`./a\057..\057..\057b`:     "has a step ..",
		`./\056git/hooks`:          "git's own",
		"./.devops/mtree":          "never lies on a root",
		"./.gitattributes":         "never lies on a root",
		"./" + long:                "longer than 255",
		`./a\`:                     "bad escape",
		`./a\9`:                    "bad escape",
		`./a\47`:                   "bad escape",
		"./a type=socket":          "unknown type",
		"./a type":                 "neither keyword=value",
		"./a optional=":            "neither keyword=value",
		"./a optional mode=0600":   "no other keywords",
		"./a optional optional":    "twice",
		"./a sha256digest=00":      "unknown keyword",
		"./a link=/etc":            "unknown keyword",
		"./a Mode=0644":            "unknown keyword",
		"./a mode=u+s":             "octal",
		"./a mode=":                "octal",
		"./a mode=10000":           "octal",
		"./a mode=+644":            "octal",
		"./a mode=0644 mode=0644":  "twice",
		"./a uid=0 uname=root":     "twice",
		"./a uid=4294967295":       "no id",
		"./a uid=-1":               "no id",
		"./a uid=007":              "no id",
		"./a uname=":               "no name",
		"./a uname=0":              "no name",
		`./a uname=a\072b`:         "no name",
		"./a uname=" + long:        "no name",
		"./a time=1":               "no time",
		"./a time=1.5":             "no time",
		"./a time=01.000000000":    "no time",
		"./a time=1.00000000x":     "no time",
		"./a type=char":            "without a device",
		"./a device=native,1,2":    "with a device",
		"./a type=char device=1,2": "no device",
		"./a type=char device=native,1,4294967296": "no device",
		"./a hardlink=./a":                         "does not come before",
		"./a hardlink=./b":                         "does not come before",
		"./b hardlink=./../a":                      "has a step ..",
		"./b hardlink=./a mode=0600":               "first name",
		"./b hardlink=./a xattr.user.a=":           "first name",
		"./b type=fifo hardlink=./a":               "no hardlink",
		"./a xattr.user.a":                         "neither keyword=value",
		"./a xattr.user.a=!":                       "illegal base64",
		"./a xattr.user.a=AB==":                    "illegal base64",
		"./a xattr.user.a= xattr.user.a=":          "twice",
		"./a xattr.security.selinux=":              "not managed",
		"./a xattr.security.ima=":                  "not managed",
		". type=file":                              "the root is a directory",
		"./a\n./a":                                 "twice",
		"/unset all":                               "unknown directive",
		"/set time=1.000000000":                    "/set takes",
		"/set xattr.user.a=":                       "/set takes",
		"/set optional":                            "/set takes",
		"/set nochange":                            "neither keyword=value",
		"\x7fELF\x00":                              "control character",
		"./a\r":                                    "control character",
		"./a " + strings.Repeat("x", MaxLine):      "longer than",
	}
	for line, want := range tests {
		_, err := Parse(strings.NewReader("#mtree\n" + line + "\n"))
		var bad *FormatError
		if !errors.As(err, &bad) || !strings.Contains(bad.Reason, want) {
			t.Errorf("%.60q: %v, want %q", line, err, want)
		} else if want := 2 + strings.Count(line, "\n"); bad.Line != want {
			t.Errorf("%.60q: line %d, want %d", line, bad.Line, want)
		}
	}
}

// TestNodes takes nodes through an mtree text and git's mode back to nodes.
func TestNodes(t *testing.T) {
	nodes := map[string]node.Node{
		"plain":   node.Default(node.File, false),
		"exec":    node.Default(node.File, true),
		"setuid":  {Type: node.File, Perm: 0o4755, Owner: "root", Group: "root"},
		"group":   {Type: node.File, Perm: 0o611, Owner: "1000", Group: "1000"},
		"none":    {Type: node.File, Perm: 0, Owner: "root", Group: "root"},
		"times":   {Type: node.File, Perm: 0o644, Owner: "a b", Group: "ü", Mtime: &node.Mtime{Sec: 1 << 40, Nsec: 999999999}},
		"dir":     node.Default(node.Dir, false),
		"implied": {Type: node.Dir, Perm: 0o755, Owner: "root", Group: "root", Implied: true},
		"link":    node.Default(node.Symlink, false),
		"owned":   {Type: node.Symlink, Perm: 0o777, Owner: "www", Group: "root"},
		"fifo":    {Type: node.Fifo, Perm: 0o644, Owner: "root", Group: "root"},
		"null":    {Type: node.Char, Perm: 0o666, Owner: "root", Group: "root", Device: node.Device{Major: 1, Minor: 3}},
		"zero":    {Type: node.Block, Perm: 0o660, Owner: "root", Group: "disk"},
		"x":       {Type: node.File, Perm: 0o644, Owner: "root", Group: "root", Xattrs: []node.Xattr{{Name: "security.capability", Value: "\x01\x00"}, {Name: "user.\xff =", Value: ""}}},
	}
	unlisted := map[string]bool{"plain": true, "exec": true, "implied": true, "link": true}
	var s Spec
	for path, n := range nodes {
		e, needed := Of(n, n.Perm&ownerX != 0)
		if needed == unlisted[path] {
			t.Errorf("%s: needed = %v", path, needed)
		}
		if needed {
			s.Set(path, e)
		}
	}
	read := parse(t, string(s.Encode()))
	for path, want := range nodes {
		got := node.Default(want.Type, want.Perm&ownerX != 0)
		got.Implied = want.Implied
		if e, ok := read.Get(path); ok {
			Apply(e, &got)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
}

func TestGitsModeIsFollowed(t *testing.T) {
	tests := []struct {
		perm       uint32
		executable bool
		want       uint32
	}{
		{0o4755, true, 0o4755},
		{0o4755, false, 0o4644},
		{0o640, true, 0o750},
		{0o600, true, 0o700},
		{0o000, true, 0o100},
		{0o611, false, 0o611},
	}
	for _, tt := range tests {
		e := root(node.File)
		e.Perm = &tt.perm
		n := node.Default(node.File, tt.executable)
		Apply(e, &n)
		if n.Perm != tt.want {
			t.Errorf("mode %04o, executable %v: %04o, want %04o", tt.perm, tt.executable, n.Perm, tt.want)
		}
	}
}

// TestGolden keeps the bytes: whoever changes them changes what other versions
// read.
func TestGolden(t *testing.T) {
	text, err := os.ReadFile("testdata/mtree")
	if err != nil {
		t.Fatal(err)
	}
	var s Spec
	null, shadow, ab, same := root(node.Char), root(node.File), root(node.File), root(node.File)
	null.Perm, null.Device = perm(0o666), node.Device{Major: 1, Minor: 3}
	shadow.Group, shadow.Perm = "shadow", perm(0o640)
	ab.Owner, ab.Perm, ab.Mtime = "1007", perm(0o600), &node.Mtime{Sec: 1700000000, Nsec: 1}
	ab.Xattrs = []node.Xattr{{Name: "user.note", Value: "hi"}}
	same.Link = "srv/a b"
	for path, e := range map[string]Entry{
		"dev/null": null, "etc/shadow": shadow, "srv/a b": ab, "srv/same": same, "var/empty": root(node.Dir),
	} {
		s.Set(path, e)
	}
	if diff := cmp.Diff(string(text), string(s.Encode())); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(entries(&s), entries(parse(t, string(text)))); diff != "" {
		t.Error(diff)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(header + "./a mode=0640\n./b hardlink=./a\n./c type=char device=native,1,3\n"))
	f.Add([]byte("#mtree\n. type=dir\n./\\303\\274 uid=7 gid=8 time=-5.000000001 xattr.user.a=AAE=\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse(bytes.NewReader(data))
		if err != nil {
			return
		}
		text := s.Encode()
		again, err := Parse(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("own text is refused: %v\n%s", err, text)
		}
		if diff := cmp.Diff(entries(s), entries(again)); diff != "" {
			t.Fatal(diff)
		}
		if !bytes.Equal(again.Encode(), text) {
			t.Fatalf("has two texts:\n%s\n%s", text, again.Encode())
		}
	})
}
