// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"github.com/git-devops/git-devops/plumbing/host"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/plan"
	"github.com/git-devops/git-devops/plumbing/rootfs"
)

// An intent names the run under way, and where it may have left something when
// it is killed. FORMAT.md specifies its file.
type intent struct {
	Version int           `json:"version"`
	Run     string        `json:"run"`
	Root    node.JSONPath `json:"root"` // absolute
	Target  string        `json:"target"`
	Plan    string        `json:"plan"`
	// Dirs are the directories of the root in which there may be temporary
	// names.
	Dirs []node.JSONPath `json:"dirs"`
}

const intentVersion = 1

// begin notes that the steps are about to be done.
func (r *Run) begin(steps []*plan.Step) error {
	dirs := map[string]bool{}
	for _, step := range steps {
		dirs[node.Parent(step.Path)] = true
	}
	in := intent{
		Version: intentVersion, Run: r.id, Root: node.JSONPath(r.e.Host.Root), Target: r.request.Target.String(), Plan: r.Plan.Digest(),
	}
	for _, dir := range slices.SortedFunc(maps.Keys(dirs), node.ComparePaths) {
		in.Dirs = append(in.Dirs, node.JSONPath(dir))
	}
	data, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("note the run: %w", err)
	}
	return r.e.Host.WriteState(host.StateIntent, append(data, '\n'))
}

// end notes that the run has left nothing.
func (r *Run) end() error { return r.e.Host.RemoveState(host.StateIntent) }

// newRun returns a name for a run that no other has.
func newRun() string {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// Recover clears away what a run that was killed has left. Directories of it in
// which somebody has put something since are kept; full lists their paths, this
// once. The caller holds the host's lock.
func (e *Engine) Recover() (full []string, err error) {
	in, err := e.intent()
	if err != nil || in == nil {
		return nil, err
	}
	dirs := make([]string, len(in.Dirs))
	for i, dir := range in.Dirs {
		dirs[i] = string(dir)
	}
	if full, err = recoverRoot(string(in.Root), in.Run, dirs); err != nil {
		return full, fmt.Errorf("clear away what run %s has left in %s: %w", in.Run, in.Root, err)
	}
	return full, e.Host.RemoveState(host.StateIntent)
}

// intent reads what the run under way, or one that was killed, has noted: nil
// for nothing.
func (e *Engine) intent() (*intent, error) {
	return host.ParseState(e.Host, host.StateIntent, parseIntent)
}

// passing says whether a name is a temporary of the run that the host's intent
// names: it goes with that run, or is cleared away before the next.
func (e *Engine) passing(name string) (bool, error) {
	if !rootfs.IsTemporary(name) {
		return false, nil
	}
	in, err := e.intent()
	return in != nil && rootfs.IsTemporaryOf(in.Run, name), err
}

// recoverRoot is for the root that the run was for, which may be gone. The
// paths of full are absolute.
func recoverRoot(dir, run string, dirs []string) (full []string, err error) {
	root, err := rootfs.Open(dir, rootfs.Options{})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var errs []error
	for _, dir := range dirs {
		// Where somebody has put a link since, nothing can be found any more.
		kept, err := root.Recover(run, []string{dir})
		if !rootfs.Unreachable(err) {
			errs = append(errs, err)
		}
		for _, path := range kept {
			full = append(full, filepath.Join(root.Name(), path))
		}
	}
	return full, errors.Join(errs...)
}

func parseIntent(data []byte) (*intent, error) {
	var in intent
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return nil, err
	}
	if in.Version != intentVersion {
		return nil, fmt.Errorf("unknown version %d", in.Version)
	}
	return &in, nil
}
