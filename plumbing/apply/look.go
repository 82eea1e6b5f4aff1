// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/live"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/plan"
	"github.com/git-devops/git-devops/plumbing/roottree"
)

// A look is what base, target and live have at the paths where they are not
// all alike.
type look struct {
	e            *Engine
	loader       *roottree.Loader
	base, target *roottree.Lazy // base is nil when nothing was applied
	commit       chunkstore.ID  // of target
	paths        map[string]*plan.Path
	conflicts    Conflicts
	// further counts, for files of the target, the names after the first.
	further map[string]int
}

// look compares the root with what was applied and with what is to be. It
// writes the stat cache and nothing else.
func (e *Engine) look(ctx context.Context, base, target chunkstore.ID) (*look, error) {
	l := &look{e: e, loader: e.Loader(), commit: target, paths: map[string]*plan.Path{}}
	var err error
	if l.target, err = l.load(target); err != nil {
		return nil, err
	}
	if !e.Detached {
		if l.conflicts, err = e.Conflicts(); err != nil {
			return nil, err
		}
	}
	if base.IsZero() {
		err = l.compareFirst(ctx)
	} else if l.base, err = l.load(base); err == nil {
		err = errors.Join(l.compareBase(ctx), l.restoreBases())
	}
	if err == nil {
		err = l.owe(ctx)
	}
	return l, err
}

func (l *look) load(commit chunkstore.ID) (*roottree.Lazy, error) {
	return l.loader.Lazy(commit.String())
}

// scan compares the root with a tree. While the stat cache knows that one, only
// what differs is read of it.
func (e *Engine) scan(ctx context.Context, s *live.Scanner, tree *roottree.Lazy, fn live.Report) error {
	s.Lookup = tree.Get
	load := func() (live.Tree, error) { return tree.Tree() }
	return s.Scan(ctx, tree.ID(), load, fn)
}

// compareFirst is for a root that nothing was applied to.
func (l *look) compareFirst(ctx context.Context) error {
	// The whole of it has to be one that a root can have.
	if _, err := l.target.Tree(); err != nil {
		return err
	}
	return l.e.scan(ctx, l.e.scanner(), l.target,
		func(path string, want, now *node.Node, _ node.Aspect) error {
			l.paths[path] = &plan.Path{Name: path, Target: want, Live: now}
			return nil
		})
}

// compareBase finds the drift, then what the target changes, then what lies
// where it puts something new.
func (l *look) compareBase(ctx context.Context) error {
	err := l.e.scan(ctx, l.e.scanner(), l.base,
		func(path string, want, now *node.Node, _ node.Aspect) error {
			l.paths[path] = &plan.Path{Name: path, Base: want, Target: want, Live: now}
			return nil
		})
	if err != nil || l.base.ID() == l.target.ID() {
		return err
	}
	base, err := l.base.Tree()
	if err != nil {
		return err
	}
	target, err := l.target.Tree()
	if err != nil {
		return err
	}
	unseen := map[string]*node.Node{}
	err = roottree.Diff(base, target, func(path string, base, target *node.Node) error {
		base = l.e.Recut(base, target)
		p, ok := l.paths[path]
		if !ok {
			p = &plan.Path{Name: path, Base: base, Live: base}
			l.paths[path] = p
		}
		p.Target = target
		if want := unseenAs(base, target); want != nil && !ok {
			unseen[path] = want
		}
		return nil
	})
	if err != nil {
		return err
	}
	return l.compareWith(ctx, unseen)
}

// unseenAs returns what to compare a path with at which the comparison with
// base does not tell what is there, nil where it does: a path that was not
// managed, or a directory that a symbolic link may stand for.
func unseenAs(base, target *node.Node) *node.Node {
	switch {
	case base == nil, base.Implied && target != nil:
		return target
	case base.Implied:
		real := *base
		real.Implied = false
		return &real
	}
	return nil
}

// compareWith finds what is live at some paths, which is what it is compared
// with where the two do not differ.
func (l *look) compareWith(ctx context.Context, nodes map[string]*node.Node) error {
	for path, n := range nodes {
		l.paths[path].Live = n
	}
	return l.e.scanner().Compare(ctx, inOrder(nodes),
		func(path string, _, now *node.Node, _ node.Aspect) error {
			l.paths[path].Live = now
			return nil
		})
}

func inOrder(nodes map[string]*node.Node) iter.Seq2[string, node.Node] {
	return func(yield func(string, node.Node) bool) {
		for _, path := range slices.SortedFunc(maps.Keys(nodes), node.ComparePaths) {
			if !yield(path, *nodes[path]) {
				return
			}
		}
	}
}

// restoreBases gives the paths with conflicts the base that they still have:
// what was applied before they were in conflict.
func (l *look) restoreBases() error {
	for path, commit := range l.conflicts {
		p, ok := l.paths[path]
		if !ok {
			continue // live is as it should be
		}
		tree, err := l.load(commit)
		if err != nil {
			return err
		}
		if p.Base, err = tree.Get(path); err != nil {
			return err
		}
	}
	return nil
}

// A NoMatchError says that nothing is managed at a path that was named.
type NoMatchError struct{ Path string }

func (e *NoMatchError) Error() string { return fmt.Sprintf("'%s' did not match any files", e.Path) }

// only forgets all paths but those at or below one of the given ones, and the
// directories that lead there. The error is a *NoMatchError for one that neither
// base nor target have.
func (l *look) only(limits []string) error {
	for _, limit := range limits {
		n, err := l.target.Get(limit)
		if err == nil && n == nil && l.base != nil {
			n, err = l.base.Get(limit)
		}
		if err != nil {
			return err
		}
		if _, seen := l.paths[limit]; n == nil && !seen && limit != node.RootPath {
			return &NoMatchError{limit}
		}
	}
	maps.DeleteFunc(l.paths, func(path string, _ *plan.Path) bool {
		return !slices.ContainsFunc(limits, func(limit string) bool {
			return node.Within(path, limit) || node.Within(limit, path) && l.paths[path].Target != nil
		})
	})
	return nil
}
