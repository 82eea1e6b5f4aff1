// SPDX-License-Identifier: Apache-2.0

package plan

import "github.com/git-devops/git-devops/plumbing/node"

// A Kind says what a step does.
type Kind string

// The kinds of steps that change something.
const (
	// Save commits Live to the chain of drift. From is what is saved, nil where
	// only is noted that it is gone.
	Save Kind = "save"
	// Mkdir makes the directory To. Where From is not nil it is of another
	// type and is replaced.
	Mkdir Kind = "mkdir"
	// Write puts To, anything but a directory, with a new inode in From's
	// place. Where From is a directory it is empty by then.
	Write Kind = "write"
	// Link makes the path another name of the file To.Link, in From's place.
	Link Kind = "link"
	// Set gives what is there those metadata of To that Aspects name.
	Set Kind = "set"
	// Remove takes away From, anything but a directory; Rmdir an empty
	// directory.
	Remove Kind = "remove"
	Rmdir  Kind = "rmdir"
	// Exec runs an entry of the journal, Run the command of an action.
	Exec Kind = "exec"
	Run  Kind = "run"
)

// The kinds that only say why nothing is done.
const (
	// Refuse is for a path that has drifted and must not: nothing of the plan
	// may be done.
	Refuse Kind = "refuse"
	// Conflict is for a path that cannot become To without loss.
	Conflict Kind = "conflict"
	// Stay is for a path that has drifted and may.
	Stay Kind = "keep"
	// Leave is for a directory that is no longer wanted but not empty.
	Leave Kind = "leave"
	// Forget is for a path that is not managed any more, and stays.
	Forget Kind = "forget"
)

// A Step is one line of a plan.
type Step struct {
	Kind Kind
	// Path is where, or the name of an entry or action.
	Path string
	// From is what must be live when the step is done (nil for nothing), To
	// what is live after it. Neither tells the mtime of a directory, which the
	// steps before and after change; nor From that of other names, which may
	// have been replaced by then.
	From, To *node.Node
	// Aspects are those in which To differs from From; in a Save, a Stay and a
	// Refuse those in which live differs from base.
	Aspects node.Aspect
	// Drift says that From is not what was applied.
	Drift bool
	// Command is what a Run runs.
	Command string
	// Reason says why a Conflict is one, what keeps a Leave from going, or that
	// what a Save or a Stay is about was deleted.
	Reason string
	// Names are the names that keep a directory from going.
	Names []string
}
