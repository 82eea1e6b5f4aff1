// SPDX-License-Identifier: Apache-2.0

package host

import (
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
)

// BeginCommit notes that git is to commit what lies on the root, and HEAD is
// before until then, zero for none. If that process does not live to call
// Committed, the next one that has the lock does: what was forgotten would be
// deleted otherwise.
func (h *Host) BeginCommit(before chunkstore.ID) error {
	return h.WriteState(StateCommit, []byte(before.String()+"\n"))
}

// EndCommit is for a commit that was not made.
func (h *Host) EndCommit() error { return h.RemoveState(StateCommit) }

// Committed notes that a commit of what lies on the root has moved HEAD from
// before, zero for none, to after: then after counts as applied where before
// did. With files to be deleted in it, it does not: they still lie there. Call
// it with the lock held. Nothing happens when Lock has done it already.
func (h *Host) Committed(before, after chunkstore.ID) error {
	if _, begun, err := h.ReadState(StateCommit); err != nil || !begun {
		return err
	}
	if before == after {
		return h.EndCommit()
	}
	deletions, err := h.Deletions()
	switch {
	case err != nil:
		return err
	case len(deletions) > 0:
		// In this order: without its deletions it would seem to delete nothing.
		if err := h.EndCommit(); err != nil {
			return err
		}
		return h.RemoveState(StateDeletions)
	}
	applied, _, err := h.Applied()
	if err == nil && applied == before {
		err = h.SetApplied(before, after, "commit")
	}
	if err != nil {
		return err
	}
	return h.EndCommit()
}

// settleCommit does what the process that has called BeginCommit did not live
// to do, as far as the log of the branch says that there is a commit.
func (h *Host) settleCommit() error {
	data, begun, err := h.ReadState(StateCommit)
	if err != nil || !begun {
		return err
	}
	head, _, err := h.repo.Ref("HEAD")
	if err != nil {
		return err
	}
	moves, err := h.repo.RefLog(h.Branch())
	if err != nil {
		return err
	}
	before := strings.TrimSpace(string(data))
	for _, m := range moves {
		if m.Old.String() == before && m.New == head && strings.HasPrefix(m.Why, "commit") {
			return h.Committed(m.Old, m.New)
		}
	}
	return nil
}
