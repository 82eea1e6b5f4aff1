// SPDX-License-Identifier: Apache-2.0

package repo

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// appendTo adds text to a file.
func appendTo(t *testing.T, path, text string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(data, text...), 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestEditConfig(t *testing.T) {
	r := newRepo(t)
	config := filepath.Join(r.CommonDir(), "config")
	rounds := 0
	err := r.EditConfig(t.Context(), func(path string) error {
		rounds++
		if rounds == 1 { // git is faster
			appendTo(t, config, "[theirs]\n\tx = 1\n")
		}
		appendTo(t, path, "[ours]\n\tx = 1\n")
		return nil
	})
	if err != nil || rounds != 2 {
		t.Fatalf("%v after %d rounds", err, rounds)
	}
	data, err := os.ReadFile(config)
	if err != nil || strings.Count(string(data), "[theirs]") != 1 || strings.Count(string(data), "[ours]") != 1 {
		t.Errorf("%v: %s", err, data)
	}
	left, err := filepath.Glob(config + ".*")
	if err != nil || len(left) > 0 {
		t.Errorf("left: %q, %v", left, err)
	}
}

func TestEditConfigFails(t *testing.T) {
	r := newRepo(t)
	r.lockWait = 10 * time.Millisecond
	config := filepath.Join(r.CommonDir(), "config")
	before, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	wrong := errors.New("wrong")
	if err := r.EditConfig(t.Context(), func(string) error { return wrong }); !errors.Is(err, wrong) {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(config+".lock", nil, 0o666); err != nil {
		t.Fatal(err)
	}
	edit := func(path string) error { return os.WriteFile(path, nil, 0o666) }
	if err := r.EditConfig(t.Context(), edit); !errors.Is(err, ErrBusy) {
		t.Errorf("beside git's lock: %v", err)
	}
	if after, _ := os.ReadFile(config); string(after) != string(before) {
		t.Errorf("the configuration is %q", after)
	}
}
