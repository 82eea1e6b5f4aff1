// SPDX-License-Identifier: Apache-2.0

// Package report is the verb that shows what the runs on a host did.
package report

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/chunkstore"
	"github.com/git-devops/git-devops/plumbing/apply"
	"github.com/git-devops/git-devops/plumbing/report"
	"github.com/git-devops/git-devops/plumbing/worktree"
	"github.com/git-devops/git-devops/porcelain"
)

//go:embed help.txt
var help string

type options struct {
	list  bool
	count int
}

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	o := options{count: 1}
	cmd := &cobra.Command{
		Use:     "report [-<n> | --max-count=<n>] [<host>]\nreport --list",
		Short:   "show what the runs on a host did",
		Long:    help,
		GroupID: porcelain.GroupHosts,
		Args:    porcelain.AtMost(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return run(cmd.Context(), g, o, args) },
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return names(cmd.Context(), g), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().IntVar(&o.count, "max-count", 1, "show the newest `<n>`, with 0 all")
	cmd.Flags().BoolVar(&o.list, "list", false, "list the hosts that there are reports of")
	return cmd
}

func run(ctx context.Context, g *porcelain.Globals, o options, args []string) error {
	switch {
	case o.list && len(args) > 0:
		return porcelain.Usagef("--list takes no host")
	case o.count < 0:
		return porcelain.Usagef("--max-count: %d is less than 0", o.count)
	}
	w, err := g.Open()
	if err != nil {
		return err
	}
	defer w.Close()
	if o.list {
		return list(ctx, g, w)
	}
	name := apply.Hostname()
	if len(args) > 0 {
		name = args[0]
	}
	return show(g, w, name, o.count)
}

// list prints the hosts.
func list(ctx context.Context, g *porcelain.Globals, w *worktree.Worktree) error {
	hosts, err := report.Hosts(ctx, w.Git)
	if err != nil {
		return err
	}
	unreadable := 0
	for _, h := range hosts {
		r, err := report.Read(w.Repo, h.Newest)
		if err != nil {
			g.UI.Errorf("%s: %v", h.Host, err)
			unreadable++
			continue
		}
		g.UI.Print(newHead(h.Newest, r))
	}
	if unreadable > 0 {
		return porcelain.Exit(porcelain.Partial, fmt.Errorf("%d reports cannot be read", unreadable))
	}
	return nil
}

// names are the hosts, for completion.
func names(ctx context.Context, g *porcelain.Globals) []string {
	w, err := g.Open()
	if err != nil {
		return nil
	}
	defer w.Close()
	hosts, _ := report.Hosts(ctx, w.Git)
	var all []string
	for _, h := range hosts {
		all = append(all, h.Host)
	}
	return all
}

// noReport says that there are no reports of a host.
type noReport struct{ host string }

func (e noReport) Error() string { return "there is no report of " + e.host }

// Hint says what to do.
func (noReport) Hint() string {
	return "'git devops report --list' lists the hosts that there are reports of"
}

// show prints the newest reports of a host.
func show(g *porcelain.Globals, w *worktree.Worktree, host string, count int) error {
	n := 0
	err := report.Log(w.Repo, host, func(commit chunkstore.ID, _ time.Time) (bool, error) {
		r, err := report.Read(w.Repo, commit)
		if err != nil {
			return false, err
		}
		print(g, commit, r)
		n++
		return n != count, nil
	})
	if err == nil && n == 0 {
		err = noReport{strings.TrimSpace(host)}
	}
	return err
}

func print(g *porcelain.Globals, commit chunkstore.ID, r *report.Report) {
	g.UI.Print(newHead(commit, r).whole())
	for i := range r.Steps {
		g.UI.Print(newStep(&r.Steps[i]))
	}
}
