// SPDX-License-Identifier: Apache-2.0

// Package drop is the verb that gives up chunks which others have.
package drop

import (
	"context"
	_ "embed"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/plumbing/copies"
	"github.com/git-devops/git-devops/plumbing/places"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
)

//go:embed help.txt
var help string

type options struct {
	dryRun bool
	unused bool
	// allVersions means all that ever stood at the paths, or anywhere.
	allVersions bool
	rev         string // "" for the index
	force       bool
	reason      string
	noGC        bool
	paths       []string

	args []string
	dash int // where -- was among them, or -1
}

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:     "drop [-n] [--force --reason=<text>] [--no-gc] [<tree-ish>] [--] [<pathspec>...]\ndrop [-n] --all-versions [--force --reason=<text>] [--no-gc] [--] [<pathspec>...]\ndrop [-n] --unused [--force --reason=<text>] [--no-gc]",
		Short:   "give up chunks that others have",
		Long:    help,
		GroupID: porcelain.GroupBetween,
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.args, o.dash = args, cmd.ArgsLenAtDash()
			if err := o.validate(); err != nil {
				return err
			}
			return run(cmd.Context(), g, o)
		},
	}
	f := cmd.Flags()
	f.BoolVarP(&o.dryRun, "dry-run", "n", false, "only show what would be dropped")
	f.BoolVar(&o.allVersions, "all-versions", false, "drop every version, not only that of the index")
	f.BoolVar(&o.unused, "unused", false, "drop what no version of any file needs")
	f.BoolVar(&o.force, "force", false, "drop without proof of other copies")
	f.StringVar(&o.reason, "reason", "", "why, for the log: `<text>`")
	f.BoolVar(&o.noGC, "no-gc", false, "do not free the disk space yet")
	return cmd
}

func (o options) validate() error {
	switch {
	case o.unused && o.allVersions:
		return porcelain.Usagef("--unused and --all-versions exclude each other")
	case o.allVersions && o.dash > 0:
		return porcelain.Usagef("--all-versions and a tree-ish exclude each other")
	case o.unused && len(o.args) > 0:
		return porcelain.Usagef("--unused and paths exclude each other")
	case o.force && !o.unused && !o.allVersions && len(o.args) == 0:
		return porcelain.Usagef("--force needs a tree-ish, paths, --all-versions or --unused")
	}
	return porcelain.CheckForce(o.force, o.reason)
}

// resolve tells a tree-ish from the paths. Of all versions there is none.
func (o *options) resolve(w *worktree.Worktree) (err error) {
	o.paths = o.args
	if !o.allVersions {
		o.rev, o.paths, err = porcelain.TreeAndPaths(w.Repo, o.args, o.dash)
	}
	return err
}

func run(ctx context.Context, g *porcelain.Globals, o options) error {
	w, err := g.Open()
	if err != nil {
		return err
	}
	defer w.Close()
	if err := o.resolve(w); err != nil {
		return err
	}
	d := &dropping{g: g, w: w, o: o}
	if d.numCopies, err = porcelain.NumCopies(w); err != nil {
		return err
	}
	if d.custody, err = recovered(ctx, w, o); err != nil {
		return err
	}
	if d.choice, err = choose(ctx, w, o); err != nil {
		return err
	}
	if d.ids, err = d.choice.held(ctx, w); err != nil {
		return err
	}
	if err := d.do(ctx); err != nil {
		return err
	}
	return porcelain.Unreadable(d.choice.unreadable())
}

// recovered returns the repository's custody of chunks. What was to be dropped
// by a run that was killed is held again, to be chosen anew.
func recovered(ctx context.Context, w *worktree.Worktree, o options) (*copies.Custody, error) {
	c, err := copies.Open(w.Repo.CommonDir(), w.Store)
	if err == nil && !o.dryRun {
		err = c.Recover(ctx)
	}
	return c, err
}

func (d *dropping) do(ctx context.Context) error {
	if len(d.ids) == 0 {
		d.tell()
		return nil
	}
	set, err := d.open(ctx)
	if err != nil {
		return err
	}
	defer set.Close()
	if d.o.dryRun {
		return d.foresee(ctx, set)
	}
	return d.drop(ctx, set)
}

// open reaches whoever can prove that there are other copies.
func (d *dropping) open(ctx context.Context) (places.Set, error) {
	if d.o.force {
		return nil, nil
	}
	set, err := d.g.OpenPlaces(ctx, d.w)
	if err != nil {
		return nil, err
	}
	d.g.TellUnreached(set)
	return set, nil
}

// A dropping is one run of the verb.
type dropping struct {
	g         *porcelain.Globals
	w         *worktree.Worktree
	o         options
	numCopies int
	custody   *copies.Custody
	choice    *choice
	ids       idList // those to drop: chosen, held and needed by no other file
	result    copies.Result
}
