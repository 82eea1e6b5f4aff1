// SPDX-License-Identifier: Apache-2.0

// Package cat is the verb that prints a range of any version of a file.
package cat

import (
	"context"
	_ "embed"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/porcelain"
)

//go:embed help.txt
var help string

type options struct{ offset, length porcelain.ByteCount }

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	o := options{length: -1}
	cmd := &cobra.Command{
		Use:     "cat [--offset=<bytes>] [--length=<bytes>] [<rev>:]<path>",
		Short:   "print any range of any version of a file",
		Long:    help,
		GroupID: porcelain.GroupLarge,
		Args:    porcelain.OneArg("no path given"),
		RunE:    func(cmd *cobra.Command, args []string) error { return run(cmd.Context(), g, o, args[0]) },
	}
	cmd.Flags().Var(&o.offset, "offset", "begin at this `<bytes>`")
	cmd.Flags().Var(&o.length, "length", "print at most so many `<bytes>`")
	return cmd
}

func run(ctx context.Context, g *porcelain.Globals, o options, object string) error {
	if g.JSON {
		return porcelain.Usagef("--json makes no sense here: the output is the file's content")
	}
	w, err := g.Open()
	if err != nil {
		return err
	}
	defer w.Close()
	done, err := g.FetchOnDemand(w)
	if err != nil {
		return err
	}
	defer done()
	return w.Cat(ctx, object, g.Env.Stdout, int64(o.offset), int64(o.length))
}
