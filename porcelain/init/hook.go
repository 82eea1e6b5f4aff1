// SPDX-License-Identifier: Apache-2.0

package initverb

import (
	"fmt"

	"github.com/git-devops/git-devops/hooks"
	"github.com/git-devops/git-devops/plumbing/hook"
	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// installHook puts the pre-push hook where none is, and advises otherwise.
func installHook(g *porcelain.Globals, r *repo.Repo, dryRun bool) error {
	h, err := hook.Of(r, "pre-push", hooks.PrePush)
	if err != nil {
		return err
	}
	state, err := h.State()
	switch {
	case err != nil:
		return err
	case state == hook.Ours, state == hook.Chained:
		return nil
	case state == hook.Foreign, h.Shared:
		g.UI.Info(hookChange{Path: ui.Path(h.Path), State: "advice", absent: state == hook.Absent})
		return nil
	}
	if !dryRun {
		if err := h.Install(); err != nil {
			return err
		}
	}
	g.UI.Info(hookChange{Path: ui.Path(h.Path), State: "installed"})
	return nil
}

// removeHook removes the hook if it is ours.
func removeHook(g *porcelain.Globals, r *repo.Repo, dryRun bool) error {
	h, err := hook.Of(r, "pre-push", hooks.PrePush)
	if err != nil {
		return err
	}
	state, err := h.State()
	if err != nil || state != hook.Ours || h.Shared {
		return err
	}
	if !dryRun {
		if err := h.Remove(); err != nil {
			return err
		}
	}
	g.UI.Info(hookChange{Path: ui.Path(h.Path), State: "removed"})
	return nil
}

// A hookChange says what became of the hook.
type hookChange struct {
	Path   ui.Path `json:"path"`
	State  string  `json:"state"` // installed, removed, or advice: it is the person's to do
	absent bool
}

// Type implements ui.Record.
func (hookChange) Type() string { return "hook" }

// Text implements ui.Record.
func (c hookChange) Text(*ui.UI) string {
	const line = `git devops pre-push "$@"`
	switch {
	case c.State == "removed":
		return fmt.Sprintf("remove %s", c.Path)
	case c.State == "installed":
		return fmt.Sprintf("hook   %s (git push brings chunks to the server first)", c.Path)
	case c.absent:
		return fmt.Sprintf("keep   core.hooksPath (suggested: %s, a script that runs '%s'; git push brings chunks to the server first)", c.Path, line)
	}
	return fmt.Sprintf("keep   %s (suggested: let it run '%s' with its standard input; git push brings chunks to the server first)", c.Path, line)
}
