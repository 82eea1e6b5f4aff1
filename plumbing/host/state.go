// SPDX-License-Identifier: Apache-2.0

package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A State names a file in which a host remembers something between runs. What
// is in it belongs to the package that writes it. All but StateCache are only
// written with the lock held.
type State string

// The files of a host.
const (
	StateCache     State = "statcache" // what the managed paths looked like
	StateIntent    State = "apply"     // the run under way, or that was killed
	StateActions   State = "actions"   // those that have not succeeded yet
	StateHold      State = "hold"      // see Hold
	StateDeletions State = "deletions" // see Deletions
	StateConflicts State = "conflicts" // paths that could not be merged
	StateAttempts  State = "attempts"  // commits that were applied in part
)

func (h *Host) stateDir() string { return filepath.Join(h.repo.GitDir(), "devops") }

// StatePath is where a state is kept.
func (h *Host) StatePath(s State) string { return filepath.Join(h.stateDir(), string(s)) }

// ReadState returns what WriteState has written. ok is false when there is
// nothing.
func (h *Host) ReadState(s State) (data []byte, ok bool, err error) {
	data, err = os.ReadFile(h.StatePath(s))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	return data, err == nil, err
}

// ParseState gives a state to parse; what is not there is the zero value. An
// error of parse is given the name of the file.
func ParseState[T any](h *Host, s State, parse func(data []byte) (T, error)) (v T, err error) {
	data, ok, err := h.ReadState(s)
	if err != nil || !ok {
		return v, err
	}
	if v, err = parse(data); err != nil {
		return v, fmt.Errorf("%s: %w", h.StatePath(s), err)
	}
	return v, nil
}

// WriteState replaces a state in one step. It is durable when WriteState
// returns.
func (h *Host) WriteState(s State, data []byte) error {
	if err := h.replaceState(s, data); err != nil {
		return fmt.Errorf("write %s: %w", h.StatePath(s), err)
	}
	return nil
}

// replaceState writes beside the file, under a name of its own, so that what a
// killed process has left is overwritten by the next.
func (h *Host) replaceState(s State, data []byte) error {
	path := h.StatePath(s)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// RemoveState forgets a state, which may be absent, durably.
func (h *Host) RemoveState(s State) error {
	err := os.Remove(h.StatePath(s))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return syncDir(h.stateDir())
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
