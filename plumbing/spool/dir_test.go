// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"os"
	"path/filepath"
	"testing"
)

func TestDirsOfTheDead(t *testing.T) {
	parent := t.TempDir()
	create := func() *os.File {
		t.Helper()
		d, err := CreateDir(parent)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(d.Name(), "file"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		return d
	}
	living, dead := create(), create()
	dead.Close()
	target := t.TempDir()
	link := filepath.Join(parent, prefix+"link")
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(parent, "git-devops-other")
	if err := os.Mkdir(other, 0o700); err != nil {
		t.Fatal(err)
	}
	another := create()
	for path, want := range map[string]bool{
		living.Name(): true, dead.Name(): false, another.Name(): true, other: true, link: true, target: true,
	} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", filepath.Base(path), err == nil, want)
		}
	}
	DropDir(living)
	if _, err := os.Stat(living.Name()); err == nil {
		t.Error("DropDir has left the directory")
	}
	if d, err := CreateDir(filepath.Join(parent, "none")); err == nil {
		t.Errorf("made %s", d.Name())
	}
}
