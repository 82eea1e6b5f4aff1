// SPDX-License-Identifier: Apache-2.0

// Package resolve is the verb that settles what an apply could not merge.
package resolve

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/plumbing/apply"
	"github.com/git-devops/git-devops/plumbing/node"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/bring"
	"github.com/git-devops/git-devops/porcelain/ui"
)

//go:embed help.txt
var help string

type options struct {
	dryRun, ours, theirs, noActions bool
	file, show                      string
}

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use: "resolve [<path>...]\nresolve --show=base|ours|theirs|merged <path>\n" +
			"resolve [-n] [--no-actions] (--ours | --theirs | --file=<file>) <path>...",
		Short:   "settle what an apply could not merge",
		Long:    help,
		GroupID: porcelain.GroupHosts,
		Args:    cobra.ArbitraryArgs,
		RunE:    func(cmd *cobra.Command, args []string) error { return run(cmd.Context(), g, o, args) },
	}
	f := cmd.Flags()
	f.BoolVarP(&o.dryRun, "dry-run", "n", false, "only show the plan")
	f.BoolVar(&o.ours, "ours", false, "what is on the root stays")
	f.BoolVar(&o.theirs, "theirs", false, "take what the commit has")
	f.StringVar(&o.file, "file", "", "take the content of this `<file>`; - is standard input")
	f.StringVar(&o.show, "show", "", "print this `<version>`: base, ours, theirs or merged")
	f.BoolVar(&o.noActions, "no-actions", false, "leave the actions pending")
	_ = cmd.RegisterFlagCompletionFunc("show", cobra.FixedCompletions(versions, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

var versions = []string{"base", "ours", "theirs", "merged"}

// settles says whether the options change something.
func (o options) settles() bool { return o.ours || o.theirs || o.file != "" }

func (o options) check(args []string) error {
	chosen := 0
	for _, is := range []bool{o.ours, o.theirs, o.file != "", o.show != ""} {
		if is {
			chosen++
		}
	}
	switch {
	case chosen > 1:
		return porcelain.Usagef("--ours, --theirs, --file and --show exclude each other")
	case chosen > 0 && len(args) == 0:
		return porcelain.Usagef("no path given")
	case (o.file != "" || o.show != "") && len(args) > 1:
		return porcelain.Usagef("--file and --show take one path")
	case o.show != "" && !slices.Contains(versions, o.show):
		return porcelain.Usagef("--show: '%s' is not one of base, ours, theirs, merged", o.show)
	}
	return nil
}

func run(ctx context.Context, g *porcelain.Globals, o options, args []string) error {
	if err := o.check(args); err != nil {
		return err
	}
	s, err := bring.Open(g, "", !o.settles() || o.dryRun)
	if err != nil {
		return err
	}
	defer s.Close()
	paths, err := g.RootPaths(s.Host, s.Engine.Root, args)
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		return list(g.UI, s.Engine)
	}
	conflicts, err := find(ctx, s.Engine, paths)
	if err != nil {
		return err
	}
	switch {
	case o.show != "":
		return show(ctx, g, s, conflicts[0], o.show)
	case !o.settles():
		describe(g.UI, conflicts)
		return nil
	}
	return settle(ctx, g, s, o, conflicts)
}

// list prints the paths that are in conflict.
func list(u *ui.UI, e *apply.Engine) error {
	conflicts, err := e.Conflicts()
	if err != nil {
		return err
	}
	for _, path := range slices.SortedFunc(maps.Keys(conflicts), node.ComparePaths) {
		u.Print(entry{Path: ui.Path(path), Base: hex(conflicts[path])})
	}
	return nil
}

func find(ctx context.Context, e *apply.Engine, paths []string) ([]*apply.Conflicted, error) {
	var all []*apply.Conflicted
	for _, path := range paths {
		c, err := e.Conflicted(ctx, path)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// settle puts the version that was chosen on the root, then forgets the
// conflicts: killed in between, nothing is lost, and the next apply finds that
// live is as it should be, or a conflict again.
func settle(ctx context.Context, g *porcelain.Globals, s *bring.Session, o options, conflicts []*apply.Conflicted) error {
	chosen := apply.Versions{}
	for _, c := range conflicts {
		switch {
		case o.theirs:
			chosen[c.Path] = c.Target
		case o.file != "":
			data, err := read(g, o.file)
			if err != nil {
				return err
			}
			chosen[c.Path] = c.With(s.Engine.Keep(data))
		}
	}
	reported := false
	if len(chosen) > 0 {
		r, err := s.Engine.PrepareVersions(ctx, "resolve", chosen)
		if err != nil {
			return err
		}
		err = s.Do(ctx, r, bring.Options{DryRun: o.dryRun, NoActions: o.noActions, What: "resolved"})
		if err != nil {
			return err
		}
		reported = !r.Plan.Empty()
	}
	if o.dryRun {
		return nil
	}
	return s.Engine.Resolve(ctx, conflicts, reported)
}

// maxFile is the size in bytes up to which --file takes a file.
const maxFile = 16 << 20

func read(g *porcelain.Globals, name string) ([]byte, error) {
	in := g.Env.Stdin
	if name != "-" {
		f, err := os.Open(g.Path(name))
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = errors.New("larger than 16 MiB; put it on the root yourself, and use --ours")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return data, nil
}
