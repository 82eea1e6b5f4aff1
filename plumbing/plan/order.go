// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"slices"

	"github.com/git-devops/git-devops/plumbing/node"
)

// A phase is a part of the plan in which the order is that of paths, or its
// reverse. It holds positions, because there can be a million.
type phase []int32

// order are the phases in which the steps can be done.
type order struct {
	notes, saves phase // what is not done, and why; what is saved
	protect      phase // metadata of directories that protect what is done there
	room         phase // removals that make room, deepest first
	dirs         phase // parents first
	writes       phase
	links        phase // of what is written by now
	removals     phase // deepest first
	sets         phase // metadata of files, when no name to be removed shares it
	last, mtimes phase // what is left of the directories' metadata, deepest first

	// touched are the directories whose mtime the steps change.
	touched map[string]bool
}

func (all decisions) steps() []Step {
	o := order{touched: map[string]bool{}}
	for i := range all {
		o.place(&all[i], int32(i))
	}
	for i := range all {
		if all[i].needsMtime(o.touched) {
			o.mtimes = append(o.mtimes, int32(i))
		}
	}
	for _, backwards := range []phase{o.room, o.removals, o.last, o.mtimes} {
		slices.Reverse(backwards)
	}
	var steps []Step
	add := func(step func(*decision) Step, phases ...phase) {
		for _, p := range phases {
			steps = slices.Grow(steps, len(p))
			for _, i := range p {
				steps = append(steps, step(&all[i]))
			}
		}
	}
	add((*decision).step, o.notes)
	add((*decision).saveStep, o.saves)
	add((*decision).step, o.protect, o.room, o.dirs, o.writes, o.links, o.removals, o.sets, o.last)
	add((*decision).mtimeStep, o.mtimes)
	return steps
}

func (o *order) place(d *decision, i int32) {
	if d.save {
		o.saves = append(o.saves, i)
	}
	if p := o.phase(d); p != nil {
		*p = append(*p, i)
	}
	if d.kind != Set && d.kind != "" && !d.stays() {
		o.touched[node.Parent(d.Name)] = true
	}
}

func (o *order) phase(d *decision) *phase {
	switch d.kind {
	case Refuse, Conflict, Stay, Forget:
		return &o.notes
	case Mkdir:
		return &o.dirs
	case Write:
		return &o.writes
	case Link:
		return &o.links
	case Set:
		return o.setPhase(d)
	case Remove, Rmdir, Leave:
		if d.room {
			return &o.room
		}
		return &o.removals
	}
	return nil
}

func (o *order) setPhase(d *decision) *phase {
	switch {
	case !isDir(d.to):
		return &o.sets
	case d.aspects() == 0: // only the mtime
		return nil
	case d.protects():
		return &o.protect
	}
	return &o.last
}

// protects says that a change of a directory's metadata comes before what is
// done in it: it takes the directory from a user, or opens it to nobody.
func (d *decision) protects() bool {
	if d.to.Owner != d.live.Owner {
		return d.to.Owner == node.DefaultOwner
	}
	return d.to.Group == d.live.Group && (d.to.Perm&^d.live.Perm)&0o077 == 0
}

// needsMtime says that a directory's recorded mtime must be set at the end.
func (d *decision) needsMtime(touched map[string]bool) bool {
	if !isDir(d.to) || d.to.Mtime == nil || d.stays() || d.fits() {
		return false
	}
	return d.kind == Mkdir || touched[d.Name] || node.Diff(d.to, d.live)&node.AspectMtime != 0
}

func (d *decision) step() Step {
	return Step{
		Kind: d.kind, Path: d.Name, From: d.live, To: d.to,
		Aspects: d.aspects(), Drift: d.drift != 0, Reason: d.reason, Names: d.names,
	}
}

func (d *decision) saveStep() Step {
	s := Step{Kind: Save, Path: d.Name, From: d.live, Aspects: d.drift, Drift: true}
	if d.live == nil {
		s.Reason = deleted
	}
	return s
}

func (d *decision) mtimeStep() Step {
	return Step{Kind: Set, Path: d.Name, From: d.to, To: d.to, Aspects: node.AspectMtime, Drift: d.drift != 0}
}

// aspects are those that the path's step is about. The mtime of a directory
// has a step of its own.
func (d *decision) aspects() node.Aspect {
	switch a := node.Diff(d.to, d.live); {
	case d.kind == Refuse || d.kind == Stay:
		return d.drift
	case d.kind == Set && isDir(d.to):
		return a &^ node.AspectMtime
	default:
		return a
	}
}
