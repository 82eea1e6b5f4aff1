// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/host"
	"github.com/git-devops/git-devops/plumbing/node"
)

// Conflicts are the paths whose live version could not be merged, each with
// the commit that was applied when it was last as a commit has it: the base of
// the next attempt. Their file is specified in FORMAT.md.
type Conflicts map[string]chunkstore.ID

// A ConflictsError says that the file of conflicts cannot be read.
type ConflictsError struct {
	File string
	Err  error
}

// Error names the file.
func (e *ConflictsError) Error() string { return fmt.Sprintf("read %s: %v", e.File, e.Err) }

// Unwrap returns Err.
func (e *ConflictsError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *ConflictsError) Hint() string {
	return "remove it: the paths with conflicts are then taken for changed by hand"
}

const conflictsHeader = "git-devops conflicts 1\n"

// Conflicts returns the paths whose conflicts nobody has resolved.
func (e *Engine) Conflicts() (Conflicts, error) { return ReadConflicts(e.Host) }

// ReadConflicts is Conflicts without an Engine.
func ReadConflicts(h *host.Host) (Conflicts, error) {
	data, ok, err := h.ReadState(host.StateConflicts)
	if err != nil || !ok {
		return Conflicts{}, err
	}
	c, err := parseConflicts(data)
	if err != nil {
		return nil, &ConflictsError{h.StatePath(host.StateConflicts), err}
	}
	return c, nil
}

// SetConflicts replaces them. The caller holds the host's lock.
func (e *Engine) SetConflicts(c Conflicts) error {
	if len(c) == 0 {
		return e.Host.RemoveState(host.StateConflicts)
	}
	return e.Host.WriteState(host.StateConflicts, c.encode())
}

func parseConflicts(data []byte) (Conflicts, error) {
	records, ok := bytes.CutPrefix(data, []byte(conflictsHeader))
	if !ok {
		return nil, errors.New("unknown version")
	}
	c := Conflicts{}
	previous := ""
	for len(records) > 0 {
		record, rest, ok := bytes.Cut(records, []byte{0})
		id, path, found := bytes.Cut(record, []byte{' '})
		base, err := chunkstore.ParseID(string(id))
		name := string(path)
		if !ok || !found || err != nil || name == "" || previous != "" && node.ComparePaths(previous, name) >= 0 {
			return nil, fmt.Errorf("damaged after %q", previous)
		}
		c[name], previous, records = base, name, rest
	}
	return c, nil
}

func (c Conflicts) encode() []byte {
	out := []byte(conflictsHeader)
	for _, path := range slices.SortedFunc(maps.Keys(c), node.ComparePaths) {
		out = fmt.Appendf(out, "%v %s\x00", c[path], path)
	}
	return out
}
