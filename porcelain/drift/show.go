// SPDX-License-Identifier: Apache-2.0

package drift

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/drift"
	"github.com/git-devops/git-devops/plumbing/hostroot"
	"github.com/git-devops/git-devops/plumbing/manifests"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/roottree"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// show prints how what was saved differs from what had been applied.
func show(ctx context.Context, g *porcelain.Globals, args []string, dash int) error {
	h, done, err := g.OpenRoot()
	if err != nil {
		return err
	}
	defer done()
	rev, args, err := porcelain.TreeAndPaths(h.Work.Repo, args, dash)
	if err != nil {
		return err
	}
	paths, err := g.RootPaths(h.Host, h.Root, args)
	if err != nil {
		return err
	}
	record, err := find(ctx, h, rev)
	if err != nil {
		return err
	}
	if record.Paths = limit(record.Paths, paths); len(record.Paths) == 0 {
		return notSaved{errors.New("nothing was saved of these paths")}
	}
	s := shower{g: g, h: h, record: record}
	if s.saved, err = h.Loader().Load(record.Commit.String()); err != nil {
		return err
	}
	if !record.Applied.IsZero() {
		if s.applied, err = h.Loader().Load(record.Applied.String()); err != nil {
			return err
		}
	}
	g.UI.Info(newEntry(record))
	for _, d := range record.Paths {
		if err := s.show(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// A shower shows what one run has saved.
type shower struct {
	g              *porcelain.Globals
	h              *hostroot.Opened
	record         drift.Record
	applied, saved *roottree.Tree // applied is nil for nothing
}

func (s *shower) show(ctx context.Context, d drift.Drifted) error {
	want, live := s.applied.Get(d.Path), drift.Saved(s.saved, d.Path)
	aspects := node.Diff(want, live)
	s.g.UI.Print(version{
		Path: ui.Path(d.Path), Saved: live, Aspects: d.Aspects, Metadata: porcelain.MetadataWords(want, live, aspects),
	})
	if s.g.UI.JSON() || aspects&(node.AspectType|node.AspectContent) == 0 {
		return nil
	}
	if large(want) || large(live) {
		return s.ranges(d.Path, want, live)
	}
	return s.diff(ctx, d.Path)
}

func large(n *node.Node) bool { return n != nil && n.Large }

func (s *shower) ranges(path string, want, live *node.Node) (err error) {
	var sides [2]*chunkstore.Manifest
	for i, n := range []*node.Node{want, live} {
		if !large(n) {
			continue
		}
		if sides[i], err = manifests.Read(s.h.Work.Repo, n.Content); err != nil {
			return err
		}
	}
	s.g.ShowRanges(path, sides[0], sides[1])
	return nil
}

// diff lets git compare the contents, but not those of what lies below the path
// in a version that is a directory.
func (s *shower) diff(ctx context.Context, path string) error {
	colour := "--color=never"
	if s.g.UI.Paint(ui.Bold, "x") != "x" {
		colour = "--color=always"
	}
	out, err := s.h.Work.Git.Run(ctx, nil, "diff-tree", "-p", "-r", "--no-ext-diff", "--no-renames", colour,
		cmp.Or(s.record.Applied, chunkstore.EmptyTree).String(), s.record.Commit.String(), "--", ":(top,literal)"+path, ":(top,literal,exclude)"+path+"/")
	if err == nil {
		_, err = s.g.UI.Out().Write(out)
	}
	return err
}

// A version is one that was saved.
type version struct {
	Path    ui.Path  `json:"path"`
	Aspects []string `json:"aspects"`
	// Saved is nil where nothing was there to be saved.
	Saved    *node.Node               `json:"saved"`
	Metadata []porcelain.MetadataWord `json:"metadata,omitempty"`
}

// Type implements ui.Record.
func (version) Type() string { return "version" }

// Text implements ui.Record.
func (v version) Text(u *ui.UI) string {
	line := v.Path.String() + ": " + strings.Join(v.Aspects, ", ")
	if v.Saved == nil {
		line = v.Path.String() + ": deleted"
	}
	lines := []string{u.Paint(ui.Bold, line)}
	for _, w := range v.Metadata {
		lines = append(lines, "    "+w.String())
	}
	return strings.Join(lines, "\n")
}
