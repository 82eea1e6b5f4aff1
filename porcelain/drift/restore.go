// SPDX-License-Identifier: Apache-2.0

package drift

import (
	"context"
	"fmt"

	"github.com/git-devops/git-devops/plumbing/apply"
	"github.com/git-devops/git-devops/plumbing/drift"
	"github.com/git-devops/git-devops/plumbing/hostroot"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/bring"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// restore puts saved versions back on the root.
func restore(ctx context.Context, g *porcelain.Globals, o options, args []string) error {
	if len(args) == 0 {
		return porcelain.Usagef("no path given")
	}
	s, err := bring.Open(g, "", o.dryRun)
	if err != nil {
		return err
	}
	defer s.Close()
	paths, err := g.RootPaths(s.Host, s.Engine.Root, args)
	if err != nil {
		return err
	}
	chosen, err := choose(ctx, s.Engine.Opened, o.from, paths)
	if err != nil {
		return err
	}
	r, err := s.Engine.PrepareVersions(ctx, "restore", chosen)
	if err != nil {
		return err
	}
	err = s.Do(ctx, r, bring.Options{DryRun: o.dryRun, NoActions: o.noActions, What: "restored"})
	if err == nil && !o.dryRun {
		g.UI.Hintf("the next apply treats it as drift again, unless 'git devops add' and 'git devops commit' keep it")
	}
	return err
}

// choose finds the newest version at or below each path, or that which from has
// saved. The error names a path of which there is none.
func choose(ctx context.Context, h *hostroot.Opened, from string, paths []string) (apply.Versions, error) {
	c := chooser{h: h, paths: paths, chosen: apply.Versions{}}
	var err error
	if from == "" {
		err = drift.Log(h.Work.Repo, func(r drift.Record) (bool, error) { return true, c.add(r) })
	} else {
		var r drift.Record
		if r, err = find(ctx, h, from); err == nil {
			err = c.add(r)
		}
	}
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		if !c.has(path) {
			return nil, notSaved{fmt.Errorf("%s: no version of it was saved", ui.Path(path))}
		}
	}
	return c.chosen, nil
}

// A chooser gathers versions.
type chooser struct {
	h      *hostroot.Opened
	paths  []string
	chosen apply.Versions
}

// add takes of a record what no newer one had.
func (c *chooser) add(r drift.Record) error {
	some := limit(r.Paths, c.paths)
	if len(some) == 0 {
		return nil
	}
	saved, err := c.h.Loader().Load(r.Commit.String())
	if err != nil {
		return err
	}
	for _, d := range some {
		if c.chosen[d.Path] != nil {
			continue
		}
		if n := drift.Saved(saved, d.Path); n != nil { // else it was not there
			c.chosen[d.Path] = n
		}
	}
	return nil
}

func (c *chooser) has(path string) bool {
	for chosen := range c.chosen {
		if node.Within(chosen, path) {
			return true
		}
	}
	return false
}
