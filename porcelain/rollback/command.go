// SPDX-License-Identifier: Apache-2.0

// Package rollback is the verb that brings a root back to an earlier commit,
// and keeps it there.
package rollback

import (
	"context"
	_ "embed"
	"time"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/plumbing/apply"
	"github.com/git-devops/git-devops/plumbing/host"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/bring"
)

//go:embed help.txt
var help string

type options struct {
	dryRun, previous, noActions bool
	reason                      string
}

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:     "rollback [-n] [--reason=<text>] [--no-actions] [--previous | <commit-ish>]",
		Short:   "bring the root back to what was applied before",
		Long:    help,
		GroupID: porcelain.GroupHosts,
		Args:    porcelain.AtMost(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return run(cmd.Context(), g, o, args) },
	}
	f := cmd.Flags()
	f.BoolVarP(&o.dryRun, "dry-run", "n", false, "only show the plan")
	f.BoolVar(&o.previous, "previous", false, "to what was applied before the commit that is; the default")
	f.BoolVar(&o.noActions, "no-actions", false, "leave the actions pending")
	f.StringVar(&o.reason, "reason", "", "why, for whoever applies next: `<text>`")
	return cmd
}

func run(ctx context.Context, g *porcelain.Globals, o options, args []string) error {
	if o.previous && len(args) > 0 {
		return porcelain.Usagef("--previous and a commit exclude each other")
	}
	s, err := bring.Open(g, "", o.dryRun)
	if err != nil {
		return err
	}
	defer s.Close()
	target, err := find(ctx, s.Host, args)
	if err != nil {
		return err
	}
	r, err := s.Engine.Prepare(ctx, apply.Request{Verb: "rollback", Target: target.Commit})
	if err != nil {
		return err
	}
	held := false
	err = s.Do(ctx, r, bring.Options{
		DryRun: o.dryRun, NoActions: o.noActions,
		// When it is killed after this, the next apply does the rest.
		Begin: func() error {
			err := hold(s.Host, target, o.reason)
			held = err == nil
			return err
		},
	})
	if held {
		g.UI.Hintf("this host is held back there until 'git devops apply --resume'")
	}
	return err
}

func find(ctx context.Context, h *host.Host, args []string) (host.Target, error) {
	if len(args) == 0 {
		return h.Previous(ctx)
	}
	return h.Target(ctx, args[0])
}

// hold holds the host back at the target. What was left first is what counts
// when it is rolled back once more.
func hold(h *host.Host, target host.Target, reason string) error {
	now := host.Hold{At: target.Commit, Since: time.Now(), Reason: reason}
	before, err := h.Hold()
	if err != nil {
		return err
	}
	if now.From, _, err = h.Applied(); err != nil {
		return err
	}
	if before != nil {
		now.From = before.From
	}
	return h.SetHold(now)
}
