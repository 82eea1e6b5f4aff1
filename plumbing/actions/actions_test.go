// SPDX-License-Identifier: Apache-2.0

package actions

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/git"
)

func TestParse(t *testing.T) {
	const text = `
# comments are git's
[action "nginx"]
	path = etc/nginx/**
	run = nginx -t && \
systemctl reload nginx
	timeout = 90s
[action "Initramfs.d"]
	run = "update-initramfs -u; # all"
	path = etc/initramfs-tools/**
[Action "nginx"]
	Path = etc/ssl/*.key
`
	got, err := Parse(t.Context(), git.Runner{}, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	want := []Action{
		{"nginx", "nginx -t && systemctl reload nginx", 90 * time.Second, []Pattern{{"etc", "nginx", "**"}, {"etc", "ssl", "*.key"}}},
		{"Initramfs.d", "update-initramfs -u; # all", DefaultTimeout, []Pattern{{"etc", "initramfs-tools", "**"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the actions differ (-want +got):\n%s", diff)
	}
}

func TestParseRefuses(t *testing.T) {
	const whole = "[action \"a\"]\npath = x\nrun = y\n"
	tests := map[string]struct{ text, want string }{
		"syntax":          {"[action \"a\n", "line 1: is not in the syntax of git-config"},
		"binary":          {"\x00", "binary"},
		"large":           {strings.Repeat("#\n", MaxSize), "larger than"},
		"section":         {"[core]\nfsmonitor = x\n", `unknown key "core.fsmonitor"`},
		"no name":         {"[action]\nrun = x\n", `unknown key "action.run"`},
		"empty name":      {"[action \"\"]\nrun = x\n", "unknown key"},
		"bad name":        {"[action \"a b\"]\nrun = x\n", "a name is"},
		"key":             {whole + "user = z\n", `line 4: action "a": unknown key "user"`},
		"no value":        {whole + "timeout\n", "timeout has no value"},
		"empty":           {"[action \"a\"]\npath = x\nrun =\n", "run has no value"},
		"two runs":        {whole + "run = z\n", "run is given twice"},
		"two times":       {whole + "timeout = 1s\ntimeout = 1s\n", "timeout is given twice"},
		"no run":          {"[action \"a\"]\npath = x\n", "says not what to run"},
		"no path":         {"[action \"a\"]\nrun = x\n", "has no path"},
		"bad time":        {whole + "timeout = 90\n", "not a time"},
		"negative":        {whole + "timeout = -1s\n", "not a time"},
		"long":            {whole + "timeout = 25h\n", "not a time"},
		"absolute path":   {whole + "path = /etc\n", "not one of a root"},
		"trailing slash":  {whole + "path = etc/\n", "not one of a root"},
		"escape":          {whole + "path = a/../b\n", "not one of a root"},
		"double asterisk": {whole + "path = a**\n", "a name of its own"},
		"twice":           {whole + "path = a/**/**\n", "one ** is enough"},
		"bracket":         {whole + "path = [a\n", "syntax error in pattern"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(t.Context(), git.Runner{}, []byte(tt.text))
			if _, ok := errors.AsType[*FormatError](err); !ok || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("the error is %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestParseIncludesNothing(t *testing.T) {
	_, err := Parse(t.Context(), git.Runner{}, []byte("[include]\npath = /etc/passwd\n"))
	if err == nil || !strings.Contains(err.Error(), `unknown key "include.path"`) {
		t.Errorf("the error is %v", err)
	}
}

func TestMatch(t *testing.T) {
	tests := []struct {
		pattern string
		yes, no []string
	}{
		{"etc/motd", []string{"etc/motd"}, []string{"etc", "etc/motd/a", "etc/motdx", "a/etc/motd"}},
		{"etc/*", []string{"etc/a"}, []string{"etc", "etc/a/b"}},
		{"etc/**", []string{"etc/a", "etc/a/b"}, []string{"etc", "etcx/a", "a/etc/b"}},
		{"**", []string{"a", "a/b"}, nil},
		{"**/*.conf", []string{"a.conf", "x/a.conf", "x/y/a.conf"}, []string{"a.conf/b", "conf"}},
		{"a/**/b", []string{"a/b", "a/x/b", "a/x/y/b", "a/b/b"}, []string{"a", "b", "a/bb", "a/b/c"}},
		{"a/**/b/**/c", []string{"a/b/c", "a/c/b/c/c"}, []string{"a/c/b"}},
		{"[ab]?", []string{"ax", "b1"}, []string{"a", "cx", "a/x"}},
	}
	for _, tt := range tests {
		p, err := ParsePattern(tt.pattern)
		if err != nil {
			t.Fatal(err)
		}
		a := Action{Patterns: []Pattern{{"none"}, p}}
		for _, path := range tt.yes {
			if !a.Match(path) {
				t.Errorf("%s does not match %s", tt.pattern, path)
			}
		}
		for _, path := range tt.no {
			if a.Match(path) {
				t.Errorf("%s matches %s", tt.pattern, path)
			}
		}
	}
}

func TestMatchTakesNoLongForHostilePatterns(t *testing.T) {
	p, err := ParsePattern(strings.Repeat("**/a/", 190) + "b")
	if err != nil {
		t.Fatal(err)
	}
	if p.Match(strings.Repeat("a/", 2000) + "c") {
		t.Error("it matches")
	}
}

func TestPending(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600))
	pending := []Pending{{Name: "b", Commit: chunkstore.ID{1}, Since: at}, {Name: "a", Since: at, Failure: "exit status 1\n\xff"}}
	data := EncodePending(pending)
	const want = "git-devops actions 1\n" +
		`{"name":"b","commit":"0100000000000000000000000000000000000000","since":"2026-01-02T02:04:05Z"}` + "\n" +
		`{"name":"a","commit":"0000000000000000000000000000000000000000","since":"2026-01-02T02:04:05Z","failure":"exit status 1\n"}` + "\n"
	if diff := cmp.Diff(want, string(data)); diff != "" {
		t.Errorf("the file differs (-want +got):\n%s", diff)
	}
	again, err := DecodePending(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(data, EncodePending(again)); diff != "" {
		t.Errorf("encoded again it differs:\n%s", diff)
	}
}

func FuzzDecodePending(f *testing.F) {
	f.Add([]byte(pendingMagic))
	f.Add(EncodePending([]Pending{{Name: "a", Since: time.Unix(0, 0), Failure: "x"}}))
	f.Add([]byte(pendingMagic + "{}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		pending, err := DecodePending(data)
		if err != nil {
			return
		}
		encoded := EncodePending(pending)
		again, err := DecodePending(encoded)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(encoded, EncodePending(again)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestDecodePendingRefuses(t *testing.T) {
	const zero = "0000000000000000000000000000000000000000"
	for name, data := range map[string]string{
		"nothing": "", "version": "git-devops actions 2\n", "cut off": pendingMagic + `{"name":"a"`,
		"no newline": pendingMagic + `{"name":"a","commit":"` + zero + `","since":"2026-01-02T03:04:05Z"}`,
		"name":       pendingMagic + `{"name":"a b","commit":"` + zero + `","since":"2026-01-02T03:04:05Z"}` + "\n",
		"commit":     pendingMagic + `{"name":"a","commit":"x","since":"2026-01-02T03:04:05Z"}` + "\n",
		"field":      pendingMagic + `{"name":"a","commit":"` + zero + `","since":"2026-01-02T03:04:05Z","x":1}` + "\n",
		"zone":       pendingMagic + `{"name":"a","commit":"` + zero + `","since":"2026-01-02T03:04:05+01:00"}` + "\n",
		"two":        pendingMagic + `{"name":"a","commit":"` + zero + `","since":"2026-01-02T03:04:05Z"} {}` + "\n",
	} {
		if _, err := DecodePending([]byte(data)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
