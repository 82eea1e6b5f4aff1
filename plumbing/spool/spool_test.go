// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSweepTellsTheLivingFromTheDead(t *testing.T) {
	dir := t.TempDir()
	living, err := Create(dir, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	dead, err := Create(dir, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	dead.Close()
	other := filepath.Join(dir, "not-ours")
	if err := os.WriteFile(other, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Sweep(dir); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{living.Name(): true, dead.Name(): false, other: true} {
		if _, err := os.Lstat(path); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", filepath.Base(path), err == nil, want)
		}
	}
	Drop(living)
	if _, err := os.Lstat(living.Name()); err == nil {
		t.Error("Drop has left the file")
	}
}

func TestDropLeavesWhatWasRenamed(t *testing.T) {
	dir := t.TempDir()
	f, err := Create(dir, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(dir, "kept")
	if err := os.Rename(f.Name(), to); err != nil {
		t.Fatal(err)
	}
	Drop(f)
	if _, err := os.Lstat(to); err != nil {
		t.Error(err)
	}
}

func TestSweepOfNoDirectory(t *testing.T) {
	if err := Sweep(filepath.Join(t.TempDir(), "none")); err != nil {
		t.Error(err)
	}
}
