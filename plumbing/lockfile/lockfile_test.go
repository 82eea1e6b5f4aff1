// SPDX-License-Identifier: Apache-2.0

package lockfile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestTry(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "lock")
	unlock, err := Try(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Try(path); err != ErrLocked {
		t.Errorf("locked twice: %v", err)
	}
	unlock()
	if unlock, err = Try(path); err != nil {
		t.Errorf("locked again: %v", err)
	}
	unlock()
	var named *os.PathError
	if _, err := Try(filepath.Dir(path)); !errors.As(err, &named) {
		t.Errorf("a directory: %v", err)
	}
}

func TestWait(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := Wait(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*pause)
	defer cancel()
	if _, err := Wait(ctx, path); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("someone has it: %v", err)
	}
	got := make(chan error)
	go func() {
		unlock, err := Wait(t.Context(), path)
		if err == nil {
			unlock()
		}
		got <- err
	}()
	unlock()
	if err := <-got; err != nil {
		t.Error(err)
	}
}
