// SPDX-License-Identifier: Apache-2.0

package fsck

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/largefile"
	"github.com/git-devops/git-devops/plumbing/manifests"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// A checker goes through the repository and remembers what is wrong.
type checker struct {
	w     *worktree.Worktree
	ui    *ui.UI
	quick bool

	sum   summary
	bad   map[chunkstore.ID]error // chunks
	packs []string                // paths of damaged ones
	sizes map[chunkstore.ID]int64 // of the chunks of manifests, bytes
	lost  map[chunkstore.ID]error // manifests that cannot be materialised
}

// chunks verifies what is held.
func (c *checker) chunks(ctx context.Context) error {
	c.bad, c.lost = map[chunkstore.ID]error{}, map[chunkstore.ID]error{}
	c.sizes = map[chunkstore.ID]int64{}
	progress := c.ui.Progress("Checking chunks", ui.Bytes, 0)
	o := gitstore.CheckOptions{Quick: c.quick, Progress: progress.Add}
	err := c.w.Store.Check(ctx, o, func(d gitstore.Damage) {
		p := problem{Pack: ui.Path(d.Path), Error: d.Err.Error(), kind: "damaged"}
		if d.ID != (chunkstore.ID{}) {
			c.bad[d.ID] = d.Err
			p.Chunk = d.ID.String()
		} else {
			c.packs = append(c.packs, d.Path)
		}
		if isMissing(d.Err) {
			p.kind = "absent"
			c.sum.Absent++
		} else {
			c.sum.Damaged++
		}
		c.ui.Print(p)
	})
	progress.End(err)
	return err
}

func isMissing(err error) bool {
	_, ok := errors.AsType[*chunkstore.MissingError](err)
	return ok
}

// manifests sees whether each of them can be materialised.
func (c *checker) manifests(ctx context.Context) error {
	progress := c.ui.Progress("Checking manifests", ui.Bytes, 0)
	err := manifests.Each(ctx, c.w.Repo, c.w.Git, func(f manifests.Found) error {
		c.sum.Manifests++
		err := f.Err
		if err == nil {
			c.sum.Bytes += f.Manifest.Size
			err = c.manifest(ctx, f.Manifest, progress)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			c.lost[f.ID] = err
		}
		return nil
	})
	progress.End(err)
	return err
}

// manifest returns why a file cannot be materialised.
func (c *checker) manifest(ctx context.Context, m *chunkstore.Manifest, progress *ui.Progress) error {
	var first error
	for _, p := range m.Pieces {
		if p.Hole {
			continue
		}
		err, known := c.bad[p.ID]
		if !known {
			err = c.w.Store.Present(p.ID)
		}
		if err == nil {
			continue
		}
		c.sizes[p.ID] = p.Length
		if !known {
			c.bad[p.ID] = err
			c.sum.Absent++
		}
		if first == nil {
			first = err
			if !known { // one of a file is enough: it may lack thousands
				c.ui.Print(problem{Chunk: p.ID.String(), Error: err.Error(), kind: "absent"})
			}
		}
	}
	if c.quick || first != nil {
		return first
	}
	return largefile.Cat(ctx, m, c.w.Store, counter{progress}, 0, -1)
}

// counter is a writer that only counts.
type counter struct{ *ui.Progress }

func (c counter) Write(p []byte) (int, error) {
	c.Add(int64(len(p)))
	return len(p), nil
}

// uses names the files that need what is wrong.
func (c *checker) uses(ctx context.Context) error {
	if len(c.lost) == 0 {
		return nil
	}
	ids := map[chunkstore.ID]bool{}
	for id := range c.lost {
		ids[id] = true
	}
	uses, err := manifests.Uses(ctx, c.w.Git, ids)
	if err != nil {
		return err
	}
	var lost []lostFile
	for id, err := range c.lost {
		lost = append(lost, lostFile{Manifest: id.String(), Uses: uses[id], Error: err.Error()})
	}
	slices.SortFunc(lost, func(a, b lostFile) int { return strings.Compare(a.order(), b.order()) })
	for _, l := range lost {
		c.ui.Print(l)
	}
	return nil
}

func (c *checker) summary() summary {
	c.sum.Files = len(c.lost)
	return c.sum
}

// verdict is nil when everything is right.
func (c *checker) verdict() error {
	if c.sum.Damaged+c.sum.Absent+c.sum.Files == 0 {
		return nil
	}
	return porcelain.Exit(porcelain.Missing, fmt.Errorf(
		"%d damaged and %d absent; %d large files cannot be materialised", c.sum.Damaged, c.sum.Absent, len(c.lost)))
}

// A problem is a chunk or a pack with something wrong.
type problem struct {
	Chunk string  `json:"chunk,omitempty"`
	Pack  ui.Path `json:"pack,omitempty"`
	Error string  `json:"error"`
	kind  string
}

// Type implements ui.Record.
func (p problem) Type() string { return p.kind }

// Text implements ui.Record.
func (p problem) Text(u *ui.UI) string {
	what := "chunk " + p.Chunk
	if p.Chunk == "" {
		what = "pack " + p.Pack.String()
	}
	return fmt.Sprintf("%s %s: %s", u.Paint(ui.Red, p.kind), what, p.Error)
}

// A lostFile is a manifest that cannot be materialised.
type lostFile struct {
	Manifest string          `json:"manifest"`
	Uses     []manifests.Use `json:"uses"`
	Error    string          `json:"error"`
}

func (l lostFile) order() string {
	if len(l.Uses) == 0 {
		return "\xff" + l.Manifest
	}
	return l.Uses[0].String()
}

// Type implements ui.Record.
func (lostFile) Type() string { return "file" }

// Text implements ui.Record.
func (l lostFile) Text(u *ui.UI) string {
	if len(l.Uses) == 0 {
		return fmt.Sprintf("%s manifest %s (in older commits; 'git log --all --find-object=%s' finds them): %s",
			u.Paint(ui.Red, "lost"), l.Manifest, l.Manifest, l.Error)
	}
	var b strings.Builder
	for i, use := range l.Uses {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s %s: %s", u.Paint(ui.Red, "lost"), ui.Path(use.String()), l.Error)
	}
	return b.String()
}

// Text implements ui.Record.
func (s summary) Text(*ui.UI) string {
	if s.Damaged+s.Absent+s.Files > 0 {
		return ""
	}
	return fmt.Sprintf("%d versions of large files, %s: all right", s.Manifests, ui.Size(s.Bytes))
}
