// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"fmt"
	"path"
	"slices"

	"github.com/git-devops/git-devops/plumbing/node"
)

// keepFullDirs finds the directories that should go, and cannot because
// something stays in them. Deepest first: one that stays keeps its parent.
func (all decisions) keepFullDirs() {
	remain := map[string][]string{} // directory → names
	for i := len(all) - 1; i >= 0; i-- {
		d := &all[i]
		if d.live == nil {
			continue
		}
		if d.kind == Rmdir || d.replacesDir() {
			names := append(slices.Clone(d.Busy), remain[d.Name]...)
			slices.Sort(names)
			d.keepFull(slices.Compact(names))
		}
		if d.stays() || d.fits() {
			parent := node.Parent(d.Name)
			remain[parent] = append(remain[parent], path.Base(d.Name))
		}
	}
}

// replacesDir says that something else is to stand where a directory is.
func (d *decision) replacesDir() bool {
	return isDir(d.live) && (d.kind == Write || d.kind == Link)
}

func (d *decision) keepFull(names []string) {
	switch {
	case len(names) == 0:
		return
	case d.kind == Rmdir:
		d.kind, d.save = Leave, false
	default:
		d.stop("a directory that is not empty is in its place")
	}
	d.names = names
}

// checkLinks looks whether each further name of a file in the target leads to
// the first.
func (all decisions) checkLinks() error {
	for i := range all {
		d := &all[i]
		if d.Target == nil || d.Target.Link == "" {
			continue
		}
		first := all.find(d.Target.Link)
		if first == nil {
			continue
		}
		if n := first.Target; n == nil || n.Type != node.File || n.Link != "" {
			return fmt.Errorf("%w: %s is a name of %s, which is no file's first", ErrTree, d.Name, first.Name)
		}
	}
	return nil
}

// settleLinks makes the names of one file agree: what becomes of the first
// decides for the others.
func (all decisions) settleLinks() {
	for i := range all {
		if d := &all[i]; d.stays() && d.live != nil && d.live.Link != "" {
			// Its inode must not be changed by way of its other name.
			if first := all.find(d.live.Link); first != nil && first.kind == Set {
				first.kind = Write
			}
		}
	}
	for i := range all {
		d := &all[i]
		if d.to == nil || d.to.Link == "" || !d.changes() {
			continue
		}
		if first := all.find(d.to.Link); first != nil {
			d.follow(first)
		}
	}
}

func (d *decision) follow(first *decision) {
	switch {
	case first.stays():
		d.stop(first.Name + ", of which it is to be a name, stays as it is")
	case first.kind == Write:
		d.kind = Link
		to := *first.to
		to.Link = first.Name
		d.to = &to
	case first.kind == Set && d.kind == Set:
		d.kind, d.along = "", true
	}
}

func (all decisions) find(name string) *decision {
	i, ok := slices.BinarySearchFunc(all, name, func(d decision, name string) int {
		return node.ComparePaths(d.Name, name)
	})
	if !ok {
		return nil
	}
	return &all[i]
}

// stopBelowOthers stops what should be in a directory that will be none, and
// marks what must go before something can take its directory's place.
func (all decisions) stopBelowOthers() {
	var noDir, room below
	for i := range all {
		d := &all[i]
		if noDir.has(d.Name) && d.changes() {
			d.stop(string(noDir) + " is no directory")
		}
		noDir.enter(d.Name, d.stays() && isDir(d.to) && (d.live == nil || !d.leadsOn()))
		d.room = room.has(d.Name)
		room.enter(d.Name, d.replacesDir())
	}
}
