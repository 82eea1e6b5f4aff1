// SPDX-License-Identifier: Apache-2.0

package ssh

import (
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

var accepted = []struct {
	in   string
	want Address
}{
	{"ssh://host/srv/repo", Address{Host: "host", Path: "/srv/repo"}},
	{"ssh://me@host:2222/srv/repo", Address{User: "me", Host: "host", Port: 2222, Path: "/srv/repo"}},
	{"ssh://me@host:/srv", Address{User: "me", Host: "host", Path: "/srv"}},
	{"ssh://host/~/repo", Address{Host: "host", Path: "~/repo"}},
	{"ssh://host:22/~me/repo", Address{Host: "host", Port: 22, Path: "~me/repo"}},
	{"ssh://[::1]:22/srv", Address{Host: "::1", Port: 22, Path: "/srv"}},
	{"ssh://me@[::1]/srv", Address{User: "me", Host: "::1", Path: "/srv"}},
	{"ssh://host/a%20b%25", Address{Host: "host", Path: "/a b%"}},
	{"ssh://host//srv", Address{Host: "host", Path: "//srv"}},
	{"ssh://host/-x", Address{Host: "host", Path: "/-x"}},
	{"host:repo", Address{Host: "host", Path: "repo"}},
	{"host:/srv/re:po", Address{Host: "host", Path: "/srv/re:po"}},
	{"me@host:~/repo", Address{User: "me", Host: "host", Path: "~/repo"}},
	{"host:/~me/repo", Address{Host: "host", Path: "~me/repo"}},
	{"host:a~b", Address{Host: "host", Path: "~b"}},
	{"host:/~~b", Address{Host: "host", Path: "~~b"}},
	{"host:a%20b", Address{Host: "host", Path: "a%20b"}},
	{"[host]:repo", Address{Host: "host", Path: "repo"}},
	{"[host]::repo", Address{Host: "host", Path: ":repo"}},
	{"me@[host:2222]:repo", Address{User: "me", Host: "host", Port: 2222, Path: "repo"}},
	{"[::1]:repo", Address{Host: "::1", Path: "repo"}},
	{"me@[fe80::1%eth0]:/srv", Address{User: "me", Host: "fe80::1%eth0", Path: "/srv"}},
	{"/srv/repo", Address{Path: "/srv/repo"}},
	{"../repo", Address{Path: "../repo"}},
	{"./a:b", Address{Path: "./a:b"}},
	{"~/repo", Address{Path: "~/repo"}},
	{"./-x", Address{Path: "./-x"}},
	{"file:///srv/a%20b", Address{Path: "/srv/a b"}},
}

func TestParse(t *testing.T) {
	for _, c := range accepted {
		got, err := Parse(c.in)
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.in, diff)
		}
	}
}

// TestParseAsGit holds Parse, and String, to what git makes of an address.
func TestParseAsGit(t *testing.T) {
	for _, c := range accepted {
		for _, in := range []string{c.in, c.want.String()} {
			if got := gitParse(t, in); got != c.want {
				t.Errorf("%s: git takes it for %+v, we for %+v", in, got, c.want)
			}
		}
	}
}

func gitParse(t *testing.T, s string) Address {
	t.Helper()
	out, err := exec.Command("git", "fetch-pack", "--diag-url", s).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", s, err, out)
	}
	var a Address
	protocol := ""
	for line := range strings.Lines(string(out)) {
		key, value, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(line, "Diag: "), "\n"), "=")
		switch key {
		case "protocol":
			protocol = value
		case "path":
			a.Path = value
		case "port":
			a.Port, _ = strconv.Atoi(value) // or NONE
		case "userandhost":
			a.Host = value
			if user, host, found := strings.Cut(value, "@"); found {
				a.User, a.Host = user, host
			}
		}
	}
	if protocol == "file" {
		return Address{Path: a.Path}
	}
	return a
}

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{
		"", "-x", "--upload-pack=x", "-x:y", "-x@host:y", "me@-x:y", "host:-y", "ssh://-x/y", "ssh://me@-x/y", "ssh://-x@host/y",
		"ssh://-oProxyCommand=x/y", "ssh://[-oProxyCommand=x]/y", "[-x]:y", "[-x:22]:y", "me@[-x]:y", "ssh://%2dx/y", "host:%00\x00",
		"host:", ":y", "@host:y", "me@:y", "ssh://host", "ssh:///y", "ssh://@host/y", "ssh://me@/y", "ssh://:22/y", "file://", "file://host/y", "file://-x",
		"http://host/y", "git://host/y", "ext::sh -c x", "ext::ssh://host/y", "git+ssh://host/y",
		"host:a\nb", "ho\nst:y", "ssh://host/a%0ab", "ssh://ho%0ast/y", "/srv/a\x7f", "/srv\tx", "ssh://host/a%", "ssh://ho%00st/y",
		"ssh://host:0/y", "ssh://host:65536/y", "ssh://host:x/y", "ssh://host:+1/y", "ssh://host:22:22/y", "ssh://me:secret@host/y", "ssh://[host]x/y",
		"$(x):y", "a b:y", "h;x:y", "a@b@host:y", "[host:y", "`x`:y",
	} {
		a, err := Parse(s)
		var refused *AddressError
		if !errors.As(err, &refused) || refused.Reason == "" || a != (Address{}) {
			t.Errorf("%q: %+v, %v", s, a, err)
		}
	}
}

// FuzzParse: what Parse accepts cannot be taken for an option, and reads the
// same when it has been written down.
func FuzzParse(f *testing.F) {
	for _, c := range accepted {
		f.Add(c.in)
	}
	f.Add("ssh://-x/y")
	f.Fuzz(func(t *testing.T, s string) {
		a, err := Parse(s)
		if err != nil {
			if a != (Address{}) {
				t.Fatalf("%q: both %+v and %v", s, a, err)
			}
			return
		}
		for _, part := range []string{a.User, a.Host, a.Path, a.String()} {
			if strings.HasPrefix(part, "-") || strings.ContainsFunc(part, unicode.IsControl) {
				t.Fatalf("%q: %+v", s, a)
			}
		}
		if a.Path == "" || a.Local() && (a.User != "" || a.Port != 0) || a.Port < 0 || a.Port > 65535 {
			t.Fatalf("%q: %+v", s, a)
		}
		again, err := Parse(a.String())
		if err != nil || again != a {
			t.Fatalf("%q: %+v is written %q, which is %+v, %v", s, a, a.String(), again, err)
		}
	})
}
