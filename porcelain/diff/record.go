// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"strings"

	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

func kind(n *node.Node) string {
	if n == nil {
		return ""
	}
	return string(n.Type)
}

// A record is one path that differs.
type record struct {
	Path     ui.Path                  `json:"path"`
	Aspects  []string                 `json:"aspects"`
	Metadata []porcelain.MetadataWord `json:"metadata,omitempty"`
}

// Type implements ui.Record.
func (record) Type() string { return "difference" }

// Text implements ui.Record.
func (r record) Text(u *ui.UI) string {
	lines := []string{u.Paint(ui.Bold, r.Path.String()+": "+strings.Join(r.Aspects, ", "))}
	for _, w := range r.Metadata {
		lines = append(lines, "    "+w.String())
	}
	return strings.Join(lines, "\n")
}
