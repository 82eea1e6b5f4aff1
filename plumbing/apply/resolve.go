// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/plan"
	"github.com/git-devops/git-devops/plumbing/report"
)

// ErrNoConflict says that a path is not one that could not be merged.
var ErrNoConflict = errors.New("there is no conflict to resolve")

// A Conflicted is a path that could not be merged, with its versions, nil for
// nothing.
type Conflicted struct {
	Path string
	// From is the commit that has Base, zero for none; To the one that has
	// Target.
	From, To           chunkstore.ID
	Base, Live, Target *node.Node
}

// Conflicted returns the versions of a path. The error is ErrNoConflict when it
// is in none.
func (e *Engine) Conflicted(ctx context.Context, path string) (*Conflicted, error) {
	conflicts, err := e.Conflicts()
	if err != nil {
		return nil, err
	}
	from, ok := conflicts[path]
	if !ok {
		return nil, fmt.Errorf("%s: %w", path, ErrNoConflict)
	}
	c := &Conflicted{Path: path, From: from}
	if c.To, err = e.Host.LastApplied(); err != nil {
		return nil, err
	}
	target, err := e.Loader().Lazy(c.To.String())
	if err != nil {
		return nil, err
	}
	if c.Target, err = target.Get(path); err != nil {
		return nil, err
	}
	l, err := e.lookAtVersions(ctx, c.To, Versions{path: c.Target})
	if err != nil {
		return nil, err
	}
	c.Base, c.Live = l.paths[path].Base, l.paths[path].Live
	return c, nil
}

// MergeText merges the versions of a small file line by line. Where both sides
// have changed the same lines there are both, between markers.
func (e *Engine) MergeText(c *Conflicted) ([]byte, error) {
	for _, n := range []*node.Node{c.Base, c.Live, c.Target} {
		if n == nil || n.Type != node.File || n.Large {
			return nil, fmt.Errorf("%s: not a small file in all versions", c.Path)
		}
	}
	merged, _, err := e.mergeVersions(c.Path, c.Base.Content, c.Live.Content, c.Target.Content)
	return merged, err
}

// With returns a version with that content and the metadata of both sides;
// where these contradict each other, those of the live one count. Keep has
// kept the content.
func (c *Conflicted) With(content chunkstore.ID) *node.Node {
	text := func(_, _, _ chunkstore.ID) (chunkstore.ID, bool, error) { return content, true, nil }
	if n, err := mergeNode(c.Base, c.Live, c.Target, text); err == nil && n != nil {
		n.Content, n.Mtime = content, nil
		return n
	}
	n := node.Default(node.File, false)
	for _, other := range []*node.Node{c.Live, c.Target} {
		if other != nil && other.Type == node.File {
			n = *other
			break
		}
	}
	n.Content, n.Large, n.Link, n.Mtime = content, false, "", nil
	return &n
}

// Resolve makes what is live at the paths count as merged. The report tells so,
// unless that of a run, which has put it there, does. The caller holds the
// host's lock.
func (e *Engine) Resolve(ctx context.Context, resolved []*Conflicted, reported bool) error {
	begun := time.Now()
	conflicts, err := e.Conflicts()
	if err != nil {
		return err
	}
	for _, c := range resolved {
		delete(conflicts, c.Path)
	}
	if err := e.SetConflicts(conflicts); err != nil || reported {
		return err
	}
	rep := &report.Report{
		Host: Hostname(), Verb: "resolve", Type: e.Host.Type, Run: newRun(),
		Started: begun, Took: time.Since(begun), Outcome: report.Done,
	}
	for _, c := range resolved {
		rep.Base, rep.Target = c.To, c.To
		rep.Steps = append(rep.Steps, report.Step{
			Kind: plan.Stay, Path: c.Path, Aspects: node.Diff(c.Target, c.Live).Names(), Drift: true,
			Outcome: report.Done, Reason: "resolved",
		})
	}
	_, err = report.Write(context.WithoutCancel(ctx), e.Work.Repo, rep)
	return err
}
