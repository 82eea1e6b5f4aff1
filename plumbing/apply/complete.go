// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/plan"
	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/git-devops/git-devops/plumbing/worktree"
)

// complete finds out what only some paths need to be known of.
func (l *look) complete(ctx context.Context) error {
	if err := l.addDirs(); err != nil {
		return err
	}
	attributes, err := l.target.Control(worktree.AttributesFile)
	if err != nil && !errors.Is(err, repo.ErrNotFound) {
		return err
	}
	rules, err := driftRules(ctx, l.e.Work.Git, attributes, l.drifted())
	if err != nil {
		return fmt.Errorf("commit %.12s: %w", l.commit, err)
	}
	spec, err := l.target.Spec()
	if err != nil {
		return err
	}
	for _, p := range l.paths {
		p.Drift, p.Forgotten = rules[p.Name], spec.Forgets(p.Name)
		if err := l.merge(p); err != nil {
			return err
		}
	}
	return l.findOthers()
}

// addDirs adds the directories whose recorded mtime a change in them alters.
func (l *look) addDirs() error {
	dirs := map[string]bool{}
	for path := range l.paths {
		dirs[node.Parent(path)] = true
	}
	for dir := range dirs {
		if _, ok := l.paths[dir]; ok {
			continue
		}
		n, err := l.target.Get(dir)
		if err != nil {
			return err
		}
		if n != nil && n.Mtime != nil {
			l.paths[dir] = &plan.Path{Name: dir, Base: n, Target: n, Live: n}
		}
	}
	return nil
}

// drifted lists the paths whose live version is neither base nor target.
func (l *look) drifted() []string {
	var paths []string
	for path, p := range l.paths {
		if node.Diff(p.Base, p.Live) != 0 && node.Diff(p.Target, p.Live) != 0 {
			paths = append(paths, path)
		}
	}
	slices.SortFunc(paths, node.ComparePaths)
	return paths
}

// merge brings the sides of a path together when its rule says so.
func (l *look) merge(p *plan.Path) error {
	if p.Drift != plan.Merge {
		return nil
	}
	var err error
	p.Merged, err = mergeNode(p.Base, p.Live, p.Target, l.e.mergeText(p.Name))
	return err
}
