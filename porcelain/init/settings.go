// SPDX-License-Identifier: Apache-2.0

package initverb

import (
	"context"
	"fmt"

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

// install sets what is not set yet.
func install(ctx context.Context, g *porcelain.Globals, dryRun bool) error {
	for _, s := range settings() {
		old, err := local(ctx, g, s.key)
		if err != nil {
			return err
		}
		r := change{Key: s.key, Value: s.value, Old: old, why: s.why}
		switch {
		case old == s.value:
			continue
		case old != "" && !s.ours:
			r.Kept = true
		case !dryRun:
			if err := g.Git().ConfigSet(ctx, s.key, s.value); err != nil {
				return err
			}
		}
		g.UI.Info(r)
	}
	return nil
}

// uninstall unsets what still has the value that install gives it.
func uninstall(ctx context.Context, g *porcelain.Globals, dryRun bool) error {
	for _, s := range settings() {
		old, err := local(ctx, g, s.key)
		if err != nil {
			return err
		}
		if old != s.value {
			continue
		}
		if !dryRun {
			if err := g.Git().ConfigUnset(ctx, s.key); err != nil {
				return err
			}
		}
		g.UI.Info(change{Key: s.key, Old: old})
	}
	return nil
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
