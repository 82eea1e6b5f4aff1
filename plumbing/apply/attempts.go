// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/host"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/plan"
	"github.com/git-devops/git-devops/plumbing/roottree"
)

// maxAttempts is how many commits are remembered; the oldest are forgotten.
const maxAttempts = 8

const attemptsHeader = "git-devops attempts 1\n"

// attempts returns the commits that runs have begun to apply since one was
// applied whole, oldest first: of each there may be something on the root.
func (e *Engine) attempts() ([]chunkstore.ID, error) {
	return host.ParseState(e.Host, host.StateAttempts, parseAttempts)
}

func parseAttempts(data []byte) ([]chunkstore.ID, error) {
	lines, ok := bytes.CutPrefix(data, []byte(attemptsHeader))
	if !ok {
		return nil, errors.New("unknown version")
	}
	var ids []chunkstore.ID
	for line := range bytes.Lines(lines) {
		id, err := chunkstore.ParseID(string(bytes.TrimSuffix(line, []byte{'\n'})))
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// attempt notes that something of the target will be on the root.
func (r *Run) attempt() error {
	if r.e.Detached || r.applied == r.request.Target {
		return nil
	}
	ids, err := r.e.attempts()
	if err != nil || slices.Contains(ids, r.request.Target) {
		return err
	}
	ids = append(ids, r.request.Target)
	data := []byte(attemptsHeader)
	for _, id := range ids[max(0, len(ids)-maxAttempts):] {
		data = fmt.Appendf(data, "%v\n", id)
	}
	return r.e.Host.WriteState(host.StateAttempts, data)
}

// owe takes what earlier runs have put on the root, and not finished, for what
// was applied: it is no drift.
func (l *look) owe(ctx context.Context) error {
	if l.e.Detached {
		return nil
	}
	ids, err := l.e.attempts()
	if err != nil {
		return err
	}
	for _, id := range ids {
		tree, err := l.load(id)
		if err == nil {
			_, err = tree.Tree()
		}
		if err != nil {
			continue // it is gone, and what is live of it is drift
		}
		for _, p := range l.paths {
			if err := oweAt(tree, p); err != nil {
				return err
			}
		}
		if err := l.findLeft(ctx, tree); err != nil {
			return err
		}
	}
	return nil
}

// oweAt makes live the base where it is what the tree of an attempt has, or has
// in part.
func oweAt(tree *roottree.Lazy, p *plan.Path) error {
	if node.Diff(p.Base, p.Live) == 0 || node.Diff(p.Target, p.Live) == 0 {
		return nil
	}
	attempted, err := tree.Get(p.Name)
	if err != nil || !left(p.Base, attempted, p.Live) {
		return err
	}
	if p.Live == nil {
		p.Base = nil
		return nil
	}
	base := *p.Live
	base.Implied = p.Base != nil && p.Base.Implied
	p.Base = &base
	return nil
}

// left says whether live is what a run may have left that was killed on the way
// from base to target: target, or something with metadata of both.
func left(base, target, live *node.Node) bool {
	toTarget, toBase := node.Diff(target, live), node.Diff(base, live)
	// The other names of an inode follow its first one by one.
	if toTarget&^node.AspectLink == 0 || toBase&^node.AspectLink == 0 {
		return true
	}
	if (toTarget|toBase)&^node.Metadata != 0 || base == nil || target == nil {
		return false
	}
	mixed := toTarget & toBase
	if mixed&node.AspectMode != 0 && live.Perm == base.Perm&0o777 {
		mixed &^= node.AspectMode // a chown has cleared the rest
	}
	return mixed&^node.AspectXattrs == 0 && (mixed == 0 || mixedXattrs(base, target, live))
}

// mixedXattrs says whether each extended attribute is one of base or target.
func mixedXattrs(base, target, live *node.Node) bool {
	for _, x := range live.Xattrs {
		if !slices.Contains(base.Xattrs, x) && !slices.Contains(target.Xattrs, x) {
			return false
		}
	}
	return true
}

// findLeft adds the paths that an attempt has put on the root, and that neither
// base nor target have: they are to go.
func (l *look) findLeft(ctx context.Context, tree *roottree.Lazy) error {
	put, err := l.onlyIn(tree)
	if err != nil || len(put) == 0 {
		return err
	}
	other := map[string]bool{}
	err = l.e.scanner().Compare(ctx, inOrder(put), func(path string, _, _ *node.Node, _ node.Aspect) error {
		other[path] = true
		return nil
	})
	for path, n := range put {
		if !other[path] && err == nil {
			l.paths[path] = &plan.Path{Name: path, Base: n, Live: n}
		}
	}
	return err
}

// onlyIn returns what a tree has at paths at which base and target have
// nothing.
func (l *look) onlyIn(tree *roottree.Lazy) (map[string]*node.Node, error) {
	only := map[string]*node.Node{}
	add := func(path string, base, n *node.Node) error {
		if _, ok := l.paths[path]; ok || base != nil || n == nil || path == node.RootPath {
			return nil
		}
		wanted, err := l.target.Get(path)
		if err == nil && wanted == nil {
			only[path] = n
		}
		return err
	}
	whole, err := tree.Tree()
	if err != nil {
		return nil, err
	}
	if l.base != nil {
		base, err := l.base.Tree()
		if err != nil {
			return nil, err
		}
		return only, roottree.Diff(base, whole, add)
	}
	for path, n := range whole.Nodes() {
		if err := add(path, nil, &n); err != nil {
			return nil, err
		}
	}
	return only, nil
}
