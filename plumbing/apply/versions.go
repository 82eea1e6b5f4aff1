// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"context"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/plan"
)

// Versions are what is to be at some paths, nil for nothing.
type Versions map[string]*node.Node

// PrepareVersions makes the plan of a run that puts each version at its path,
// whatever commit it is from, and touches nothing else but for directories on
// the way that are not there. A live version that is not what was applied is
// saved before. What counts as applied, and which paths are in conflict, stay.
// The error is host.ErrNothingApplied on a host that has no other version yet.
func (e *Engine) PrepareVersions(ctx context.Context, verb string, versions Versions) (*Run, error) {
	applied, err := e.Host.LastApplied()
	if err != nil {
		return nil, err
	}
	r := e.newRun(Request{Verb: verb, Target: applied})
	r.applied, r.versions = applied, true
	if r.look, err = e.lookAtVersions(ctx, applied, versions); err != nil {
		return nil, err
	}
	return r, r.plan(ctx)
}

func (e *Engine) lookAtVersions(ctx context.Context, applied chunkstore.ID, versions Versions) (*look, error) {
	l := &look{e: e, loader: e.Loader(), paths: map[string]*plan.Path{}}
	var err error
	if l.conflicts, err = e.Conflicts(); err != nil {
		return nil, err
	}
	if l.base, err = l.load(applied); err != nil {
		return nil, err
	}
	l.target = l.base
	parents := map[string]*node.Node{}
	for path, version := range versions {
		p := &plan.Path{Name: path, Target: version}
		if p.Base, err = l.baseOf(path); err != nil {
			return nil, err
		}
		l.paths[path] = p
		if err := l.addParents(parents, path); err != nil {
			return nil, err
		}
	}
	if err := l.compareVersions(ctx, parents); err != nil {
		return nil, err
	}
	return l, l.findOthers()
}

// baseOf returns what live is measured by at a path.
func (l *look) baseOf(path string) (*node.Node, error) {
	commit, ok := l.conflicts[path]
	switch {
	case !ok:
		return l.base.Get(path)
	case commit.IsZero():
		return nil, nil
	}
	tree, err := l.load(commit)
	if err != nil {
		return nil, err
	}
	return tree.Get(path)
}

// addParents adds the directories that lead to a path.
func (l *look) addParents(parents map[string]*node.Node, path string) error {
	for dir := node.Parent(path); dir != node.RootPath && parents[dir] == nil; dir = node.Parent(dir) {
		n, err := l.base.Get(dir)
		if err != nil {
			return err
		}
		if n == nil || n.Type != node.Dir {
			implied := node.Default(node.Dir, false)
			implied.Implied = true
			n = &implied
		}
		parents[dir] = n
	}
	return nil
}

// compareVersions finds what is live at the paths, and which of the directories
// that lead there are missing.
func (l *look) compareVersions(ctx context.Context, parents map[string]*node.Node) error {
	wanted := map[string]*node.Node{}
	for dir, n := range parents {
		wanted[dir] = n
	}
	for path, p := range l.paths {
		if p.Live = p.Target; p.Live == nil {
			p.Live = p.Base
		}
		if p.Live != nil {
			wanted[path] = p.Live
		}
	}
	asBase := map[string]*node.Node{}
	err := l.e.scanner().Compare(ctx, inOrder(wanted),
		func(path string, want, now *node.Node, _ node.Aspect) error {
			if p, ok := l.paths[path]; ok {
				p.Live = now
				if p.Base != nil && p.Base.Large && now != nil && now.Content != p.Base.Content {
					asBase[path] = p.Base
				}
			} else if now == nil {
				l.paths[path] = &plan.Path{Name: path, Target: want}
			}
			return nil
		})
	if err != nil || len(asBase) == 0 {
		return err
	}
	// Whether a large file is what was applied is only certain by the way that
	// this is cut.
	return l.compareWith(ctx, asBase)
}

// Keep lets versions have data as their content.
func (e *Engine) Keep(data []byte) chunkstore.ID {
	id := chunkstore.BlobID(data)
	e.merged[id] = data
	return id
}
