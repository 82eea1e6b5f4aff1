// SPDX-License-Identifier: Apache-2.0

package plan

import "github.com/git-devops/git-devops/plumbing/node"

// A decision is what becomes of one path.
type decision struct {
	*Path
	live *node.Node // Path.Live, nil where that cannot be
	to   *node.Node
	kind Kind // "" when there is nothing to do
	// drift is how live differs from base.
	drift  node.Aspect
	save   bool
	room   bool // is removed because something is to stand in its parent's place
	along  bool // changes with the file that it is another name of
	reason string
	names  []string
}

type decisions []decision

// decideAll decides for each path by itself. Live is not believed below what
// is no directory: it was seen through a link that will go.
func decideAll(paths []Path) decisions {
	all := make(decisions, len(paths))
	var noDir below
	for i := range paths {
		d := &all[i]
		d.Path, d.live, d.to = &paths[i], paths[i].Live, paths[i].Target
		if noDir.has(d.Name) {
			d.live = nil
		}
		d.decide()
		noDir.enter(d.Name, d.live != nil && !d.leadsOn())
	}
	return all
}

// leadsOn says that what is live at the path, and stays, can have something
// below it.
func (d *decision) leadsOn() bool {
	return d.live.Type == node.Dir || d.Linked && !d.changes()
}

// fits says that a link stands, rightly, for a directory: one that is implied,
// or that is no longer wanted. Nobody asked for the link, so it is left alone.
func (d *decision) fits() bool {
	return d.Linked && d.live != nil && (implied(d.Target) || d.Target == nil && isDir(d.Base))
}

func isDir(n *node.Node) bool { return n != nil && n.Type == node.Dir }

func implied(n *node.Node) bool { return n != nil && n.Implied }

func (d *decision) decide() {
	managed := d.Base != nil || d.Target != nil
	gone := d.Target == nil && d.Name == node.RootPath
	if !managed || gone || d.fits() || node.Diff(d.to, d.live) == 0 {
		return
	}
	if d.Forgotten && d.Target == nil {
		d.kind = Forget
		return
	}
	d.drift = node.Diff(d.Base, d.live)
	if isDir(d.live) {
		// Whatever is made in a directory changes that, managed or not.
		d.drift &^= node.AspectMtime
		if node.Diff(d.to, d.live) == node.AspectMtime {
			d.drift = 0
		}
	}
	if d.drift != 0 && !d.decideDrift() {
		return
	}
	d.kind = d.change()
}

// decideDrift applies the path's rule and says whether a change is still to be
// made.
func (d *decision) decideDrift() bool {
	switch d.Drift {
	case Fail:
		d.kind = Refuse
		return false
	case Keep:
		d.stay()
		return false
	case Merge:
		switch {
		case same(d.Base, d.Target):
			d.stay()
			return false
		case d.Merged == nil, d.Target == nil, d.Merged.Type != d.Target.Type:
			d.stop("changed here and in the target")
			return false
		}
		if d.to = d.Merged; node.Diff(d.to, d.live) == 0 {
			d.stay()
			return false
		}
	}
	if d.Linked && isDir(d.to) {
		d.stop("a link to a directory is in its place")
		return false
	}
	d.save = d.live != nil || !implied(d.Base)
	return true
}

// deleted is the Reason of what becomes of a path that somebody has deleted.
const deleted = "deleted"

func (d *decision) stay() {
	if d.kind = Stay; d.live == nil {
		d.reason = deleted
	}
}

func same(a, b *node.Node) bool { return node.Diff(a, b) == 0 && node.Diff(b, a) == 0 }

// change returns the kind of step that makes live into to.
func (d *decision) change() Kind {
	switch {
	case d.to == nil && isDir(d.live):
		return Rmdir
	case d.to == nil:
		return Remove
	case isDir(d.to) && !isDir(d.live):
		return Mkdir
	case isDir(d.to) || d.canSet(node.Diff(d.to, d.live)):
		return Set
	case d.to.Link != "":
		return Link
	}
	return Write
}

// stop makes a conflict of the path: it stays as it is.
func (d *decision) stop(reason string) {
	d.kind, d.reason, d.save = Conflict, reason, false
}

// stays says that what is live at the path will not be what is wanted.
func (d *decision) stays() bool { return d.kind.Idle() }

// changes says that the path will not be what it is now.
func (d *decision) changes() bool {
	return d.along || d.kind != "" && !d.stays()
}
