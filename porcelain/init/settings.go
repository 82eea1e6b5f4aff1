// SPDX-License-Identifier: Apache-2.0

package initverb

import (
	"context"
	"fmt"
	"slices"

	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// A setting is a key of the repository's configuration. Those that are not
// ours alone are left as they are when the user has set them.
type setting struct {
	key, value string
	ours       bool
	why        string
}

func settings() []setting {
	return []setting{
		{porcelain.SetUpKey, "git-devops filter-process", true, "git add and checkout pass large files to git-devops"},
		{"filter.devops.required", "true", true, "what cannot be stored as chunks is not stored at all"},
		{"diff.devops.textconv", "git-devops textconv --", true, "git log -p shows size, digest and chunks"},
		{"diff.devops.command", "git-devops diff-driver --", true, "git diff shows which ranges changed"},
		{"merge.devops.name", "git-devops manifests", true, "never conflict markers in a manifest"},
		{"merge.devops.driver", "git-devops merge-driver -- %O %A %B %P", true, "never conflict markers in a manifest"},
		{"core.bigFileThreshold", "512k", false, "git tries no deltas between chunks"},
		{"core.fsync", "added,reference", false, "what is committed survives a power cut"},
		{"core.fsyncMethod", "batch", false, "one flush for many objects"},
		{"gc.bigPackThreshold", "256m", false, "git gc does not rewrite gigabytes"},
	}
}

// install sets what is not set yet, all in one step.
func install(ctx context.Context, g *porcelain.Globals, r *repo.Repo, dryRun bool) error {
	var changes []change
	for _, s := range settings() {
		old, err := local(ctx, g, s.key)
		if err != nil {
			return err
		}
		if old != s.value {
			changes = append(changes, change{Key: s.key, Value: s.value, Old: old, Kept: old != "" && !s.ours, why: s.why})
		}
	}
	return carryOut(ctx, g, r, changes, dryRun)
}

// uninstall unsets what still has the value that install gives it.
func uninstall(ctx context.Context, g *porcelain.Globals, r *repo.Repo, dryRun bool) error {
	var changes []change
	for _, s := range settings() {
		old, err := local(ctx, g, s.key)
		if err != nil {
			return err
		}
		if old == s.value {
			changes = append(changes, change{Key: s.key, Old: old})
		}
	}
	return carryOut(ctx, g, r, changes, dryRun)
}

// carryOut makes changes, and tells of them.
func carryOut(ctx context.Context, g *porcelain.Globals, r *repo.Repo, changes []change, dryRun bool) error {
	todo := slices.DeleteFunc(slices.Clone(changes), func(c change) bool { return c.Kept })
	if len(todo) > 0 && !dryRun {
		err := r.EditConfig(ctx, func(file string) error {
			for _, c := range todo {
				if err := c.apply(ctx, g, file); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, c := range changes {
		g.UI.Info(c)
	}
	return nil
}

func (c change) apply(ctx context.Context, g *porcelain.Globals, file string) error {
	if c.Value == "" {
		return g.Git().ConfigUnset(ctx, file, c.Key)
	}
	return g.Git().ConfigSet(ctx, file, c.Key, c.Value)
}

// local reads a key of the repository's own configuration.
func local(ctx context.Context, g *porcelain.Globals, key string) (string, error) {
	value, _, err := g.Git().ConfigGetLocal(ctx, key)
	return value, err
}

// A change is one key that was set, unset or kept.
type change struct {
	Key   string `json:"key"`
	Value string `json:"value,omitempty"` // "" when unset
	Old   string `json:"old,omitempty"`
	Kept  bool   `json:"kept"` // the old value stays
	why   string
}

// Type implements ui.Record.
func (change) Type() string { return "config" }

// Text implements ui.Record.
func (c change) Text(*ui.UI) string {
	switch {
	case c.Kept:
		return fmt.Sprintf("keep   %s = %s (suggested: %s; %s)", c.Key, c.Old, c.Value, c.why)
	case c.Value == "":
		return fmt.Sprintf("unset  %s", c.Key)
	}
	return fmt.Sprintf("set    %s = %s (%s)", c.Key, c.Value, c.why)
}

type adoption struct {
	Chunks int `json:"chunks"`
}

// Type implements ui.Record.
func (adoption) Type() string { return "adopted" }

// Text implements ui.Record.
func (a adoption) Text(*ui.UI) string {
	return fmt.Sprintf("%d chunks that came with the clone are held now", a.Chunks)
}
