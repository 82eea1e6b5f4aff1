// SPDX-License-Identifier: Apache-2.0

// Package apply is the verb that brings a root to a commit.
package apply

import (
	"context"
	_ "embed"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/plumbing/apply"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/bring"
)

//go:embed help.txt
var help string

type options struct {
	dryRun, explain, exitCode, noActions, resume bool
	plan, root                                   string
}

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:     "apply [-n | --explain] [--plan=<digest>] [--root=<dir>] [--exit-code] [--no-actions] [--resume] [<commit-ish>] [--] [<path>...]",
		Short:   "bring the root to a commit",
		Long:    help,
		GroupID: porcelain.GroupHosts,
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(cmd.Context(), g, o, args, cmd.ArgsLenAtDash())
		},
	}
	f := cmd.Flags()
	f.BoolVarP(&o.dryRun, "dry-run", "n", false, "only show the plan")
	f.BoolVar(&o.explain, "explain", false, "the same")
	f.StringVar(&o.plan, "plan", "", "do the plan with this `<digest>`, and no other")
	f.StringVar(&o.root, "root", "", "bring the root in `<dir>` there, in place of the host's own")
	f.BoolVar(&o.exitCode, "exit-code", false, "exit with 1 when there is something to do, or was")
	f.BoolVar(&o.noActions, "no-actions", false, "leave the actions pending")
	f.BoolVar(&o.resume, "resume", false, "go forward again after a rollback")
	return cmd
}

func run(ctx context.Context, g *porcelain.Globals, o options, args []string, dash int) error {
	dryRun := o.dryRun || o.explain
	s, err := bring.Open(g, o.root, dryRun)
	if err != nil {
		return err
	}
	defer s.Close()
	rev, paths, err := s.CommitAndPaths(args, dash)
	if err != nil {
		return err
	}
	target, err := s.Target(ctx, bring.Choice{Rev: rev, Resume: o.resume, Part: len(paths) > 0})
	if err != nil {
		return err
	}
	r, err := s.Engine.Prepare(ctx, apply.Request{Verb: "apply", Target: target.Commit, Paths: paths})
	if err != nil {
		return err
	}
	return s.Do(ctx, r, bring.Options{
		DryRun: dryRun, Plan: o.plan, ExitCode: o.exitCode, NoActions: o.noActions,
		FastForward: target.FastForward, Held: target.Held, Begin: target.Begin,
	})
}
