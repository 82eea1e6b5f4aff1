// SPDX-License-Identifier: Apache-2.0

package ssh

import (
	"errors"
	"strings"
	"testing"
)

const testKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIwZ7aRUcVZ3RkRf7Yt4cHk1fRkzXjZq7mYk2rYwQ0pB me@host"

func TestParseKey(t *testing.T) {
	if got, err := ParseKey(testKey + "\n"); err != nil || got != testKey {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := ParseKey("-----BEGIN OPENSSH PRIVATE KEY-----\nx"); !errors.Is(err, ErrPrivateKey) {
		t.Error(err)
	}
	for _, s := range []string{
		"", "x", testKey + "\n" + testKey, strings.Replace(testKey, "ssh-ed25519", "ssh-rsa", 1), `command="x" ` + testKey,
		"ssh-ed25519 AAAA", "ssh-ed25519 !", " //8=", "a AAAAAWE=",
	} {
		if got, err := ParseKey(s); !errors.Is(err, ErrNotKey) {
			t.Errorf("%q: %q, %v", s, got, err)
		}
	}
}

// TestAuthorizedKey lets a real server read the line, and its shell the
// command.
func TestAuthorizedKey(t *testing.T) {
	s := startServer(t)
	key, err := ParseKey(s.Read(t, "user.pub"))
	if err != nil {
		t.Fatal(err)
	}
	for _, arg := range []string{"/srv/repo", `a "b" 'c' \d $(e) !f \"`, ""} {
		line, err := AuthorizedKey(key, "printf", "%s|%s", arg, "x")
		if err != nil {
			t.Fatal(err)
		}
		s.Write(t, "authorized_keys", line+"\n")
		c := dial(t, s.Addr, s.Opts)
		if out, err := output(t, c, "", "something", "else"); err != nil || out != arg+"|x" {
			t.Errorf("%q came as %q, %v", arg, out, err)
		}
	}
	if _, err := AuthorizedKey(key, "a\nb"); !errors.Is(err, ErrCommandLine) {
		t.Error(err)
	}
}
