// SPDX-License-Identifier: Apache-2.0

package porcelain

import (
	"fmt"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/largefile"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// ShowRanges prints in which ranges two versions of a large file differ, in
// the manner of git diff. nil stands for no file.
func (g *Globals) ShowRanges(path string, before, after *chunkstore.Manifest) {
	u, name := g.UI, ui.Path(path).String()
	u.Printf("%s", u.Paint(ui.Bold, "diff --git-devops a/"+name+" b/"+name))
	u.Printf("%s", u.Paint(ui.Bold, "--- "+rangeSide("a/"+name, before)))
	u.Printf("%s", u.Paint(ui.Bold, "+++ "+rangeSide("b/"+name, after)))
	for _, c := range largefile.Changes(before, after) {
		u.Printf("%s", u.Paint(ui.Cyan, fmt.Sprintf("@@ -%d,%d +%d,%d @@", c.OldOffset, c.OldLength, c.NewOffset, c.NewLength))+" "+rangeWords(c))
	}
}

func rangeSide(name string, m *chunkstore.Manifest) string {
	if m == nil {
		return "/dev/null"
	}
	return fmt.Sprintf("%s\t%d bytes, sha256 %x", name, m.Size, m.SHA256)
}

func rangeWords(c largefile.Change) string {
	switch {
	case c.OldLength == 0:
		return ui.Size(c.NewLength) + " added"
	case c.NewLength == 0:
		return ui.Size(c.OldLength) + " removed"
	case c.OldLength == c.NewLength:
		return ui.Size(c.NewLength) + " changed"
	}
	return ui.Size(c.OldLength) + " became " + ui.Size(c.NewLength)
}
