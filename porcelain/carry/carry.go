// SPDX-License-Identifier: Apache-2.0

// Package carry is what the verbs that carry chunks to stores and back share:
// which chunks the arguments choose, and how the outcome is told.
package carry

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/manifests"
	"github.com/git-devops/git-devops/plumbing/stores"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

// Options are those of each such verb.
type Options struct {
	To, From    string // one of them is the name of a store
	AllVersions bool
	DryRun      bool

	args []string
	dash int // where -- was among them, or -1
}

// AddFlags defines the options; what is the verb's word for what it does.
func (o *Options) AddFlags(cmd *cobra.Command, what string) {
	cmd.Flags().StringVar(&o.To, "to", "", what+" chunks to the `<store>`")
	cmd.Flags().StringVar(&o.From, "from", "", what+" chunks from the `<store>`")
	cmd.Flags().BoolVar(&o.AllVersions, "all-versions", false, "of every version that a ref or reflog leads to")
	cmd.Flags().BoolVarP(&o.DryRun, "dry-run", "n", false, "only show what would be done")
}

// Validate takes the arguments in.
func (o *Options) Validate(cmd *cobra.Command, args []string) error {
	o.args, o.dash = args, cmd.ArgsLenAtDash()
	switch {
	case (o.To == "") == (o.From == ""):
		return porcelain.Usagef("give either --to=<store> or --from=<store>")
	case o.AllVersions && len(args) > 0:
		return porcelain.Usagef("--all-versions and paths exclude each other")
	}
	return nil
}

// Store is the name of the store.
func (o *Options) Store() string { return o.To + o.From }

// A Choice is the files that the arguments choose.
type Choice struct {
	Files []File
}

// A File is a large file with its manifest.
type File struct {
	Path   ui.Path
	Pieces []chunkstore.Piece
}

// Pieces returns the pieces of all files.
func (c *Choice) Pieces() (all []chunkstore.Piece) {
	for _, f := range c.Files {
		all = append(all, f.Pieces...)
	}
	return all
}

// Choose finds the files.
func (o *Options) Choose(ctx context.Context, w *worktree.Worktree) (*Choice, error) {
	c := &Choice{}
	if o.AllVersions {
		return c, manifests.Each(ctx, w.Repo, w.Git, func(f manifests.Found) error {
			if f.Err != nil {
				return fmt.Errorf("manifest %s: %w", f.ID, f.Err)
			}
			c.Files = append(c.Files, File{ui.Path(f.ID.String()), f.Manifest.Pieces})
			return nil
		})
	}
	tree, pathspecs, err := porcelain.TreeAndPaths(w.Repo, o.args, o.dash)
	if err != nil {
		return nil, err
	}
	return c, w.List(ctx, tree, pathspecs, func(f worktree.LargeFile) error {
		if f.Err != nil {
			return fmt.Errorf("'%s': %w", ui.Path(f.Path), f.Err)
		}
		c.Files = append(c.Files, File{ui.Path(f.Path), f.Manifest.Pieces})
		return nil
	})
}

// Copy copies what is chosen to or from the store, and tells what it did.
func (o *Options) Copy(ctx context.Context, g *porcelain.Globals, w *worktree.Worktree, s *stores.Store, c *Choice) (stores.Copied, error) {
	progress := g.UI.Progress("Copying", ui.Bytes, 0)
	options := stores.CopyOptions{
		DryRun:   o.DryRun,
		Begin:    func(_ int, bytes int64) { progress.Total(bytes) },
		Progress: progress.Add,
	}
	var copied stores.Copied
	var err error
	if o.To != "" {
		copied, err = s.CopyTo(ctx, w.Store, c.Pieces(), options)
	} else {
		copied, err = s.CopyFrom(ctx, w.Store, c.Pieces(), options)
	}
	progress.End(err)
	if err != nil && copied.Chunks == 0 {
		return copied, err
	}
	g.UI.Info(record{Store: s.Name(), To: o.To != "", Chunks: copied.Chunks, Bytes: copied.Bytes, There: copied.There, Absent: len(copied.Absent), DryRun: o.DryRun})
	return copied, err
}

// Absent names the files of which chunks could not be had, and returns the
// error to end with; nil when there are none.
func (c *Choice) Absent(g *porcelain.Globals, o *Options, copied stores.Copied) error {
	if len(copied.Absent) == 0 {
		return nil
	}
	where := "here"
	if o.From != "" {
		where = "in store '" + o.From + "'"
	}
	for _, f := range c.Files {
		n, why := 0, error(nil)
		for _, p := range f.Pieces {
			if err := copied.Absent[p.ID]; err != nil {
				n, why = n+1, err
			}
		}
		if n > 0 {
			g.UI.Errorf("'%s': %d chunks are missing or damaged %s: %v", f.Path, n, where, why)
		}
	}
	code := porcelain.Partial
	if copied.Chunks+copied.There == 0 {
		code = porcelain.Missing
	}
	return porcelain.Exit(code, fmt.Errorf("%d chunks could not be copied", len(copied.Absent)))
}

type record struct {
	Store  string `json:"store"`
	To     bool   `json:"to"`
	Chunks int    `json:"chunks"`
	Bytes  int64  `json:"bytes"`
	There  int    `json:"there"`
	Absent int    `json:"absent"`
	DryRun bool   `json:"dryRun"`
}

// Type implements ui.Record.
func (record) Type() string { return "copy" }

// Text implements ui.Record.
func (r record) Text(*ui.UI) string {
	verb, way := "copied", "from"
	if r.DryRun {
		verb = "would copy"
	}
	if r.To {
		way = "to"
	}
	return fmt.Sprintf("%s %d chunks, %s, %s store '%s'; %d were there", verb, r.Chunks, ui.Size(r.Bytes), way, r.Store, r.There)
}
