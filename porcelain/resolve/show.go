// SPDX-License-Identifier: Apache-2.0

package resolve

import (
	"context"
	"fmt"
	"io"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/apply"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/bring"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// show prints the content of one version.
func show(ctx context.Context, g *porcelain.Globals, s *bring.Session, c *apply.Conflicted, version string) error {
	if g.JSON {
		return porcelain.Usagef("--json makes no sense here: the output is the file's content")
	}
	switch version {
	case "merged":
		data, err := s.Engine.MergeText(c)
		if err == nil {
			_, err = g.Env.Stdout.Write(data)
		}
		return err
	case "ours":
		return showLive(g, s, c)
	case "base":
		return showCommitted(ctx, g, s, c, "base", c.From, c.Base)
	}
	return showCommitted(ctx, g, s, c, "theirs", c.To, c.Target)
}

// nothing says that a version has no content to print.
func nothing(c *apply.Conflicted, version string, n *node.Node) error {
	if n == nil {
		return fmt.Errorf("%s: there is no such file in '%s'", ui.Path(c.Path), version)
	}
	return fmt.Errorf("%s: in '%s' it is a %s", ui.Path(c.Path), version, n.Type)
}

func showLive(g *porcelain.Globals, s *bring.Session, c *apply.Conflicted) error {
	if c.Live == nil || c.Live.Type != node.File {
		return nothing(c, "ours", c.Live)
	}
	f, err := s.Engine.Root.OpenFile(c.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(g.Env.Stdout, f)
	return err
}

func showCommitted(ctx context.Context, g *porcelain.Globals, s *bring.Session, c *apply.Conflicted, version string, commit chunkstore.ID, n *node.Node) error {
	if n == nil || n.Type != node.File {
		return nothing(c, version, n)
	}
	done, err := g.FetchOnDemand(s.Work)
	if err != nil {
		return err
	}
	defer done()
	return s.Work.Cat(ctx, commit.String()+":"+c.Path, g.Env.Stdout, 0, -1)
}

// describe says what the versions of each path are.
func describe(u *ui.UI, conflicts []*apply.Conflicted) {
	for _, c := range conflicts {
		u.Print(entry{
			Path: ui.Path(c.Path), Base: hex(c.From), Target: hex(c.To),
			Versions: map[string]*node.Node{"base": c.Base, "ours": c.Live, "theirs": c.Target},
		})
	}
	u.Hintf("--show=base|ours|theirs|merged prints one; --ours, --theirs or --file=<file> settles it")
}

// An entry is a path in conflict.
type entry struct {
	Path ui.Path `json:"path"`
	// Base and Target are commits, "" for none.
	Base     string                `json:"base"`
	Target   string                `json:"target,omitempty"`
	Versions map[string]*node.Node `json:"versions,omitempty"`
}

// Type implements ui.Record.
func (entry) Type() string { return "conflict" }

// Text implements ui.Record.
func (e entry) Text(*ui.UI) string {
	if e.Versions == nil {
		return e.Path.String()
	}
	return fmt.Sprintf("%s\n    base    %-12.12s  %s\n    ours    %-12s  %s\n    theirs  %-12.12s  %s", e.Path,
		e.Base, words(e.Versions["base"]), "the root", words(e.Versions["ours"]), e.Target, words(e.Versions["theirs"]))
}

func words(n *node.Node) string {
	if n == nil {
		return "nothing"
	}
	return fmt.Sprintf("%s, %04o %s:%s", n.Type, n.Perm, n.Owner, n.Group)
}

// hex is "" for no commit.
func hex(id chunkstore.ID) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}
