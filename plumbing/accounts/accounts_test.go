// SPDX-License-Identifier: Apache-2.0

package accounts

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/git-devops/git-devops/plumbing/rootfs"
)

const passwd = `root:x:0:0:root:/root:/bin/bash
# old:x:5:5::/:
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
toor:x:0:0::/root:/bin/sh
www-data:x:44:44::/:
twin:x:33:33::/:
1000:x:7:7::/:
+::::::
+nis:x:8:8::/:
short:x:9
nobody:x:4294967295:1::/:
minus:x:-1:1::/:
octal:x:010:1::/:
broken
`

const group = `root:x:0:
adm:x:4:syslog,ada
`

func mustParse(t *testing.T) *Accounts {
	t.Helper()
	a, err := Parse(strings.NewReader(passwd), strings.NewReader(group))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestIDs(t *testing.T) {
	a := mustParse(t)
	for name, want := range map[string]uint32{
		"root": 0, "toor": 0, "www-data": 33, "twin": 33, "1000": 1000, "0": 0, "4294967294": 4294967294,
	} {
		if got, err := a.UID(name); err != nil || got != want {
			t.Errorf("UID(%q) = %d, %v", name, got, err)
		}
	}
	for name, want := range map[string]uint32{"root": 0, "adm": 4, "33": 33} {
		if got, err := a.GID(name); err != nil || got != want {
			t.Errorf("GID(%q) = %d, %v", name, got, err)
		}
	}
}

func TestUnknown(t *testing.T) {
	a := mustParse(t)
	for _, name := range []string{
		"", "ada", "adm", "+", "+nis", "nis", "old", "# old", "short", "nobody", "minus", "octal", "broken",
		"4294967295", "4294967296", "007", "-1", "1e3", " 1", "ROOT",
	} {
		var unknown *UnknownError
		if id, err := a.UID(name); !errors.As(err, &unknown) || unknown.Kind != "user" || unknown.Name != name {
			t.Errorf("UID(%q) = %d, %v", name, id, err)
		}
	}
	var unknown *UnknownError
	if id, err := a.GID("www-data"); !errors.As(err, &unknown) || unknown.Kind != "group" {
		t.Errorf("GID of a user's name = %d, %v", id, err)
	}
}

func TestNames(t *testing.T) {
	a := mustParse(t)
	for id, want := range map[uint32]string{0: "root", 33: "www-data", 44: "44", 7: "7", 1000: "1000"} {
		if got := a.Owner(id); got != want {
			t.Errorf("Owner(%d) = %q, want %q", id, got, want)
		}
	}
	if got := a.Group(4) + a.Group(33); got != "adm33" {
		t.Errorf("groups are %q", got)
	}
}

// TestRoundTrip makes sure that what a capture writes an apply reads.
func TestRoundTrip(t *testing.T) {
	a := mustParse(t)
	for id := range uint32(2000) {
		if back, err := a.UID(a.Owner(id)); err != nil || back != id {
			t.Errorf("uid %d is %q is %d, %v", id, a.Owner(id), back, err)
		}
	}
}

// open reads the accounts of the root that is the directory dir.
func open(dir string) (*Accounts, error) {
	root, err := rootfs.Open(dir, rootfs.Options{})
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return Read(root)
}

func TestEmptyRootHasRoot(t *testing.T) {
	a, err := open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if id, err := a.UID("root"); err != nil || id != 0 || a.Group(0) != "root" {
		t.Errorf("root is %d, %v; group 0 is %q", id, err, a.Group(0))
	}
	if _, err := a.UID("daemon"); err == nil {
		t.Error("a user of this machine is known in another root")
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "etc/passwd"), passwd)
	write(t, filepath.Join(dir, "etc/group"), group)
	a, err := open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if a.Owner(33) != "www-data" || a.Group(4) != "adm" {
		t.Errorf("33 is %q, 4 is %q", a.Owner(33), a.Group(4))
	}
}

func TestReadRefuses(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "passwd")
	write(t, outside, "evil:x:666:666::/:\n")
	tests := map[string]func(t *testing.T, path string) error{
		"a link out of the root": func(_ *testing.T, path string) error { return os.Symlink(outside, path) },
		"a fifo":                 func(_ *testing.T, path string) error { return unix.Mkfifo(path, 0o644) },
		"a directory":            func(_ *testing.T, path string) error { return os.Mkdir(path, 0o755) },
		"a huge file": func(t *testing.T, path string) error {
			write(t, path, "")
			return os.Truncate(path, 1<<40)
		},
	}
	for name, make := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := errors.Join(os.Mkdir(filepath.Join(dir, "etc"), 0o755), make(t, filepath.Join(dir, "etc/passwd"))); err != nil {
				t.Fatal(err)
			}
			if a, err := open(dir); err == nil {
				t.Errorf("accepted: 666 is %q", a.Owner(666))
			} else if name == "a fifo" && !errors.Is(err, rootfs.ErrNotRegular) {
				t.Errorf("error: %v", err)
			}
		})
	}
}

func TestParseRefusesHuge(t *testing.T) {
	if _, err := Parse(endless{}, nil); err == nil {
		t.Error("an endless passwd is accepted")
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	copy(p, strings.Repeat("x", len(p)-1)+"\n")
	return len(p), nil
}

// TestMachine takes this machine as the root, through a link: the name service
// is asked, once for each name.
func TestMachine(t *testing.T) {
	link := filepath.Join(t.TempDir(), "machine")
	if err := os.Symlink("/", link); err != nil {
		t.Fatal(err)
	}
	a, err := open(link)
	if err != nil {
		t.Fatal(err)
	}
	if a.users.service.id == nil || a.groups.service.name == nil {
		t.Fatal("the name service would not be asked")
	}
	asked := 0
	a.users.service = service{
		id:   func(name string) (uint32, bool) { asked++; return 70001, name == "ldap" },
		name: func(id uint32) (string, bool) { asked++; return "ldap", id == 70001 },
	}
	for range 2 {
		if id, err := a.UID("ldap"); err != nil || id != 70001 || a.Owner(70001) != "ldap" {
			t.Errorf("UID = %d, %v; Owner = %q", id, err, a.Owner(70001))
		}
		if _, err := a.UID("no-such-user"); err == nil {
			t.Error("an unknown user is known")
		}
		if id, err := a.UID("root"); err != nil || id != 0 {
			t.Errorf("root is %d, %v", id, err)
		}
	}
	if asked != 3 {
		t.Errorf("asked %d times, want 3", asked)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}
