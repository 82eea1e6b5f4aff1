// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/node"
)

// A Rule says what becomes of a path whose live version is not what was
// applied: the values of the attribute devops-drift.
type Rule string

// The rules. The zero Rule is Overwrite.
const (
	Overwrite Rule = "overwrite" // save the live version, then replace it
	Merge     Rule = "merge"     // three-way; a conflict stops the path
	Keep      Rule = "keep"      // leave the live version there
	Fail      Rule = "fail"      // refuse the whole plan
)

// Input is what a plan is made from. Make does not change it, and the plan
// points into it.
type Input struct {
	// Base is the commit applied last, zero when there was none; Target the
	// one to apply.
	Base, Target chunkstore.ID
	// Type is the machine type.
	Type string
	// Paths are the managed paths (of base or target) of which base, target
	// and live are not all alike; others do no harm. Where a change is made in
	// a directory whose Target has an Mtime, the directory must be among them.
	Paths   []Path
	Entries []Entry
	Actions []Action
}

// A Path is what was, should be and is at one place. Nil stands for nothing.
type Path struct {
	Name               string
	Base, Target, Live *node.Node
	// Linked says that Live is a symbolic link to a directory that will do
	// where a directory is only implied.
	Linked bool
	// Shared says that Live's inode has, or may have, names that are not
	// managed: it is then replaced, never changed in place.
	Shared bool
	Drift  Rule
	// Forgotten says that Target does not have the path because it is not to be
	// managed any more: what is live stays.
	Forgotten bool
	// Merged is what three-way merging made, where Drift is Merge; nil where
	// it was a conflict. It counts only where it is of Target's type: a file
	// changed here and removed there is a conflict. Where Target is Base, what
	// is live stays.
	Merged *node.Node
	// Busy are the names in a live directory that are not managed. They count
	// where Target is no directory, whether Base was one or not.
	Busy []string
}

// An Entry is one of the journal's commands.
type Entry struct {
	Name   string
	Commit chunkstore.ID
}

// An Action is a command that is run once after paths that it matches changed.
type Action struct {
	Name, Run string
	Match     func(path string) bool
	// Pending says that an earlier run changed such a path, and that the
	// command has not succeeded since.
	Pending bool
}
