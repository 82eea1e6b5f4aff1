// SPDX-License-Identifier: Apache-2.0

package status

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/apply"
	"github.com/git-devops/git-devops/plumbing/host"
	"github.com/git-devops/git-devops/plumbing/hostroot"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/roottree"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// runHost compares the root with what was applied, and that with what is to
// come.
func runHost(ctx context.Context, g *porcelain.Globals, w *worktree.Worktree, o options) error {
	h, err := hostroot.Open(w, "")
	if err != nil {
		return err
	}
	defer h.Close()
	c := &comparison{h: h}
	if err := c.find(ctx, g); err != nil {
		return err
	}
	if err := c.drift(ctx); err != nil {
		return err
	}
	// A better commit may come: what was applied can be told all the same.
	unclear := prefixed("what is to come", c.pending())
	long := g.UI.JSON() || !o.porcelain && !o.zero
	if long {
		if c.hold, err = h.Host.Hold(); err != nil {
			return err
		}
		c.staged, err = findStaged(ctx, h)
		unclear = errors.Join(unclear, prefixed("what is staged", err))
	}
	c.print(g.UI, o, long)
	if unclear != nil {
		return porcelain.Exit(porcelain.Partial, unclear)
	}
	if o.exitCode && len(c.paths) > 0 {
		return porcelain.Exit(porcelain.Differs, nil)
	}
	return nil
}

func prefixed(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s cannot be told: %w", what, err)
}

// A comparison is what a host's status tells.
type comparison struct {
	h       *hostroot.Opened
	applied chunkstore.ID // zero for none
	target  host.Target   // with a zero commit for none
	paths   []path        // sorted by node.ComparePaths
	hold    *host.Hold    // nil where nothing holds the host back
	staged  []staged
}

// find finds what is compared.
func (c *comparison) find(ctx context.Context, g *porcelain.Globals) (err error) {
	if c.applied, _, err = c.h.Host.Applied(); err != nil {
		return err
	}
	c.target, err = c.h.Host.Target(ctx, "")
	var diverged *host.DivergedError
	switch {
	case errors.Is(err, host.ErrNoCommit):
		return nil
	case errors.Is(err, host.ErrOtherBranch), errors.As(err, &diverged):
		g.UI.Warnf("what is to come is not clear: %v", err)
		return nil
	}
	return err
}

// drift compares the root with what was applied.
func (c *comparison) drift(ctx context.Context) error {
	if c.applied.IsZero() {
		return nil
	}
	conflicts, err := apply.ReadConflicts(c.h.Host)
	if err != nil {
		return err
	}
	return c.h.Differences(ctx, c.applied, func(name string, want, live *node.Node, a node.Aspect) error {
		p := path{Path: ui.Path(name), drift: porcelain.Letter(want, live, a), DriftAspects: a.Names()}
		if _, ok := conflicts[name]; ok {
			p.drift = porcelain.Unmerged
		}
		c.paths = append(c.paths, p)
		return nil
	})
}

// pending compares what was applied with what is to come.
func (c *comparison) pending() error {
	if c.target.Commit.IsZero() || c.target.Commit == c.applied {
		return nil
	}
	applied, err := c.load(c.applied)
	if err != nil {
		return err
	}
	target, err := c.load(c.target.Commit)
	if err == nil {
		err = c.h.Work.CheckConfig(c.target.Commit.String())
	}
	if err != nil {
		return err
	}
	drifted := len(c.paths)
	err = roottree.Diff(applied, target, func(name string, a, b *node.Node) error {
		aspects := node.Diff(b, c.h.Recut(a, b))
		if aspects == 0 {
			return nil
		}
		p := path{Path: ui.Path(name), drift: porcelain.Same, pending: porcelain.Letter(a, b, aspects), PendingAspects: aspects.Names()}
		if b == nil && target.Forgets(name) {
			p.pending = porcelain.Forgotten
		}
		if i, ok := slices.BinarySearchFunc(c.paths[:drifted], p, comparePaths); ok {
			c.paths[i].pending, c.paths[i].PendingAspects = p.pending, p.PendingAspects
		} else {
			c.paths = append(c.paths, p)
		}
		return nil
	})
	slices.SortFunc(c.paths, comparePaths)
	return err
}

// load reads the tree of a commit, nil for none.
func (c *comparison) load(commit chunkstore.ID) (*roottree.Tree, error) {
	if commit.IsZero() {
		return nil, nil
	}
	return c.h.Loader().Load(commit.String())
}

func comparePaths(a, b path) int { return node.ComparePaths(string(a.Path), string(b.Path)) }

func (c *comparison) print(u *ui.UI, o options, long bool) {
	if long {
		c.printSections(u)
	}
	sum := hostSummary{Applied: short(c.applied), Target: short(c.target.Commit), Name: c.target.Name, Staged: len(c.staged), Held: c.hold != nil, host: c.h.Host.Type}
	for i := range c.paths {
		p := &c.paths[i]
		p.finish()
		if p.drift != porcelain.Same {
			sum.Drift++
		}
		if p.pending != porcelain.Same {
			sum.Pending++
		}
		if o.zero && !u.JSON() {
			fmt.Fprintf(u.Out(), "%s %s\x00", p.Columns, string(p.Path))
		} else {
			u.Print(p)
		}
	}
	if long {
		u.Info(sum)
	}
}

// printSections tells what there is to know beside the paths that differ.
func (c *comparison) printSections(u *ui.UI) {
	sections := 0
	title := func(text string) {
		if sections > 0 {
			text = "\n" + text
		}
		if sections++; !u.JSON() {
			u.Info(heading(text))
		}
	}
	if c.hold != nil {
		sections++
		u.Info(newHeld(c.hold))
	}
	if len(c.staged) > 0 {
		title(stagedHeading)
		for _, s := range c.staged {
			u.Info(s)
		}
	}
	if sections > 0 && len(c.paths) > 0 {
		title(pathsHeading)
	}
}

func short(id chunkstore.ID) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}

// A path is one that differs.
type path struct {
	Path           ui.Path  `json:"path"`
	Columns        string   `json:"status"`
	DriftAspects   []string `json:"drift"`
	PendingAspects []string `json:"pending"`

	drift, pending byte
}

func (p *path) finish() {
	if p.pending == 0 {
		p.pending = porcelain.Same
	}
	p.Columns = string([]byte{p.drift, p.pending})
	for _, aspects := range []*[]string{&p.DriftAspects, &p.PendingAspects} {
		if *aspects == nil {
			*aspects = []string{}
		}
	}
}

// Type implements ui.Record.
func (*path) Type() string { return "path" }

// Text implements ui.Record.
func (p *path) Text(u *ui.UI) string {
	return u.Paint(ui.Red, p.Columns[:1]) + u.Paint(ui.Green, p.Columns[1:]) + " " + p.Path.String()
}

// A hostSummary is what there is to say at the end.
type hostSummary struct {
	Applied string `json:"applied"` // commits, "" for none
	Target  string `json:"target"`
	Name    string `json:"name"` // of the target
	Drift   int    `json:"drift"`
	Pending int    `json:"pending"`
	Staged  int    `json:"staged"`
	Held    bool   `json:"held"`

	host string
}

// Type implements ui.Record.
func (hostSummary) Type() string { return "summary" }

// Text implements ui.Record.
func (s hostSummary) Text(*ui.UI) string {
	const digits = 12
	switch {
	case s.Applied == "" && s.Target == "":
		return "nothing was applied yet, and " + s.host + " has no commit"
	case s.Applied == "":
		return fmt.Sprintf("nothing was applied yet; %d paths to come with %s %.*s", s.Pending, s.Name, digits, s.Target)
	case s.Drift == 0 && s.Pending == 0:
		return fmt.Sprintf("the root is as %s %.*s has it", s.host, digits, s.Applied)
	case s.Pending == 0:
		return fmt.Sprintf("%d paths differ from what was applied, %s %.*s", s.Drift, s.host, digits, s.Applied)
	}
	return fmt.Sprintf("%d paths differ from what was applied, %.*s; %d to come with %s %.*s",
		s.Drift, digits, s.Applied, s.Pending, s.Name, digits, s.Target)
}
