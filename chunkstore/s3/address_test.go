// SPDX-License-Identifier: Apache-2.0

package s3

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for s, want := range map[string]Address{
		"s3:https://s3.example.com/b":            {"s3.example.com", true, "b", ""},
		"s3:https://s3.example.com/b/":           {"s3.example.com", true, "b", ""},
		"s3:https://s3.example.com:9000/b/p/q/":  {"s3.example.com:9000", true, "b", "p/q/"},
		"s3:http://127.0.0.1:9000/my.bucket/p-1": {"127.0.0.1:9000", false, "my.bucket", "p-1/"},
	} {
		got, err := Parse(s)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", s, got, err)
		}
		if again, err := Parse(got.String()); err != nil || again != got {
			t.Errorf("%s: written as %s", s, got)
		}
	}
}

func TestParseRefused(t *testing.T) {
	for _, s := range []string{
		"", "s3:", "https://h/b", "s3:ftp://h/b", "s3:https://", "s3:https:///b", "s3:https://h", "s3:https://h/",
		"s3:https://h//p", "s3:https://h/b/../c", "s3:https://h/b//p", "s3:https://h/b?x=y", "s3:https://h/b?", "s3:https://h/b#x",
		"s3:https://h/b/%2e%2e", "s3:https://h/b c", "s3:https://-h/b", "s3:https:h/b", "s3:https://h/b\n", "s3:https://h/b/ü",
	} {
		if a, err := Parse(s); err == nil {
			t.Errorf("%q: %+v", s, a)
		}
	}
	for _, s := range []string{"s3:https://key:s3cret@h/b", "s3:https://s3cret@h/b", "s3:https://key:s3cret%zz@h/b"} {
		if _, err := Parse(s); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("s3:https://s3.example.com:9000/b/p/q/")
	f.Fuzz(func(t *testing.T, s string) {
		a, err := Parse(s)
		if err != nil {
			return
		}
		if again, err := Parse(a.String()); err != nil || again != a {
			t.Errorf("%q: %+v, written as %q, is %+v, %v", s, a, a.String(), again, err)
		}
	})
}
