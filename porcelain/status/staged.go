// SPDX-License-Identifier: Apache-2.0

package status

import (
	"context"
	"fmt"

	"github.com/git-devops/git-devops/plumbing/hostroot"
	"github.com/git-devops/git-devops/plumbing/mtree"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/plumbing/roottree"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// findStaged finds what the next commit changes: paths, then control files.
func findStaged(ctx context.Context, h *hostroot.Opened) (all []staged, err error) {
	r := h.Work.Repo
	var before *roottree.Tree
	if _, ok, err := r.Ref("HEAD"); err != nil {
		return nil, err
	} else if ok {
		if same, err := r.NothingStaged(); err != nil || same {
			return nil, err
		}
		if before, err = h.Loader().Load("HEAD"); err != nil {
			return nil, err
		}
	}
	index, err := r.ReadIndex()
	if err != nil {
		return nil, err
	}
	after, err := h.Loader().FromIndex(index)
	if err != nil {
		return nil, err
	}
	err = roottree.Diff(before, after, func(name string, a, b *node.Node) error {
		aspects := node.Diff(b, a)
		if implied(a) && implied(b) || aspects == 0 && a != nil && b != nil {
			return nil
		}
		s := staged{Path: ui.Path(name), Status: string(porcelain.Letter(a, b, aspects)), Aspects: aspects.Names()}
		if after.Forgets(name) {
			s.Status = string(porcelain.Forgotten)
		}
		all = append(all, s)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, controlStaged(ctx, h.Work, func(s staged) { all = append(all, s) })
}

// implied is a directory that only leads to something, or nothing.
func implied(n *node.Node) bool { return n == nil || n.Implied }

// controlStaged asks git for the control files. What .devops/mtree says is told
// path by path.
func controlStaged(ctx context.Context, w *worktree.Worktree, fn func(staged)) error {
	letter := ""
	args := []string{"diff", "--cached", "--no-ext-diff", "--no-renames", "--name-status", "-z", "--",
		":(top).devops", ":(top).gitattributes", ":(top).gitignore"}
	return w.Git.Stream(ctx, nil, args, func(record []byte) error {
		if letter == "" {
			letter = string(record)
			return nil
		}
		if name := string(record); name != mtree.Path && node.IsControl(name) {
			fn(staged{Path: ui.Path(name), Status: letter, Aspects: []string{}})
		}
		letter = ""
		return nil
	})
}

// A staged path is one that the next commit changes.
type staged struct {
	Path    ui.Path  `json:"path"`
	Status  string   `json:"status"`
	Aspects []string `json:"aspects"`
}

// Type implements ui.Record.
func (staged) Type() string { return "staged" }

// Text implements ui.Record.
func (s staged) Text(u *ui.UI) string {
	word, ok := map[string]string{
		string(porcelain.Added): "new file:", string(porcelain.Modified): "modified:", string(porcelain.Metadata): "metadata:",
		string(porcelain.Retyped): "typechange:", string(porcelain.Deleted): "deleted:", string(porcelain.Forgotten): "forgotten:",
	}[s.Status]
	if !ok {
		word = s.Status
	}
	return "\t" + u.Paint(ui.Green, fmt.Sprintf("%-12s%s", word, s.Path))
}
