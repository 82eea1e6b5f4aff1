// SPDX-License-Identifier: Apache-2.0

package export

import (
	"context"
	"fmt"

	"github.com/git-devops/git-devops/plumbing/export"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// list says what would be written.
func list(ctx context.Context, g *porcelain.Globals, e *export.Export) error {
	need, err := e.Need(ctx)
	if err != nil {
		return err
	}
	s := summary{Tree: e.Tree().String(), Lacking: len(need.Lacking), dryRun: true}
	for path, n := range e.Nodes() {
		s.Paths++
		g.UI.Print(record{ui.Path(path), n})
	}
	g.UI.Info(s)
	return nil
}

// A record is one path that would be written.
type record struct {
	Path ui.Path   `json:"path"`
	Node node.Node `json:"node"`
}

// Type implements ui.Record.
func (record) Type() string { return "path" }

// Text implements ui.Record.
func (r record) Text(*ui.UI) string {
	line := fmt.Sprintf("%-5s %04o %s:%s %s", r.Node.Type, r.Node.Perm, r.Node.Owner, r.Node.Group, r.Path)
	if r.Node.Link != "" {
		line += " link to " + ui.Path(r.Node.Link).String()
	}
	return line
}

// A summary adds up what was, or would be, written.
type summary struct {
	Tree    string `json:"tree"`
	Paths   int    `json:"paths"`
	Bytes   int64  `json:"bytes"`
	Lacking int    `json:"lacking"` // chunks that would be fetched first

	dryRun bool
}

// Type implements ui.Record.
func (summary) Type() string { return "summary" }

// Text implements ui.Record.
func (s summary) Text(*ui.UI) string {
	if s.dryRun {
		return fmt.Sprintf("%d paths would be written; %d chunks are to be fetched before", s.Paths, s.Lacking)
	}
	return fmt.Sprintf("%d paths written, %s", s.Paths, ui.Size(s.Bytes))
}
