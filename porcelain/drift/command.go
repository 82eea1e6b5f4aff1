// SPDX-License-Identifier: Apache-2.0

// Package drift is the verb that shows, and brings back, the versions of files
// that were live when an apply replaced them.
package drift

import (
	"context"
	_ "embed"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/porcelain"
)

//go:embed help.txt
var help string

type options struct {
	dryRun, noActions bool
	from              string
	count             int
}

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use: "drift log [-<n> | --max-count=<n>] [<path>...]\ndrift show [<commit>] [--] [<path>...]\n" +
			"drift restore [-n] [--no-actions] [--from=<commit>] <path>...",
		Short:     "show and restore what an apply has replaced",
		Long:      help,
		GroupID:   porcelain.GroupHosts,
		ValidArgs: []string{"log", "show", "restore"},
		Args:      porcelain.SomeArgs("give one of log, show, restore"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(cmd.Context(), g, o, args, cmd.ArgsLenAtDash()-1)
		},
	}
	f := cmd.Flags()
	f.BoolVarP(&o.dryRun, "dry-run", "n", false, "only show the plan")
	f.BoolVar(&o.noActions, "no-actions", false, "leave the actions pending")
	f.StringVar(&o.from, "from", "", "restore what this `<commit>` has saved")
	f.IntVar(&o.count, "max-count", 0, "list only the newest `<n>`")
	return cmd
}

// run runs an action; dash is where among its arguments "--" was.
func run(ctx context.Context, g *porcelain.Globals, o options, args []string, dash int) error {
	action, args := args[0], args[1:]
	switch {
	case action != "restore" && (o.dryRun || o.noActions || o.from != ""):
		return porcelain.Usagef("-n, --no-actions and --from are for drift restore")
	case action != "log" && o.count != 0:
		return porcelain.Usagef("--max-count is for drift log")
	case o.count < 0:
		return porcelain.Usagef("--max-count: %d is less than 0", o.count)
	}
	switch action {
	case "log":
		return list(g, o, args)
	case "show":
		return show(ctx, g, args, dash)
	case "restore":
		return restore(ctx, g, o, args)
	}
	return porcelain.Usagef("'%s' is not one of log, show, restore", action)
}
