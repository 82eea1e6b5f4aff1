// SPDX-License-Identifier: Apache-2.0

// Package serve is the verb that other machines run here, through ssh. As a
// forced command it is all that a key is good for.
package serve

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/plumbing/gitstore"
	"github.com/git-devops/git-devops/plumbing/wire"
	"github.com/git-devops/git-devops/porcelain"
)

//go:embed help.txt
var help string

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	var readOnly bool
	cmd := &cobra.Command{
		Use:     "serve [--read-only] <repository>",
		Short:   "let another machine read this repository",
		Long:    help,
		GroupID: porcelain.GroupBetween,
		Args:    porcelain.OneArg("no repository given"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(cmd.Context(), g, grant{path: g.Path(args[0]), readOnly: readOnly})
		},
	}
	cmd.Flags().BoolVar(&readOnly, "read-only", false, "promise nothing: grant no locks")
	return cmd
}

func run(ctx context.Context, g *porcelain.Globals, gr grant) error {
	if g.JSON {
		return porcelain.Usagef("--json makes no sense here: the output is a protocol")
	}
	want := request{readOnly: gr.readOnly}
	if original := g.Env.Getenv("SSH_ORIGINAL_COMMAND"); original != "" {
		var err error
		if want, err = gr.allow(original, g.Env.Getenv("HOME")); err != nil {
			return err
		}
	}
	r, err := open(gr.path)
	if err != nil {
		return err
	}
	defer r.Close()
	if want.uploadPack {
		return uploadPack(r.GitDir())
	}
	store, err := gitstore.Open(r)
	if err != nil {
		return err
	}
	defer store.Close()
	o := wire.ServerOptions{Store: store, Agent: "git-devops/" + porcelain.Build().Version}
	if err := addLocks(&o, r, store, want.readOnly); err != nil {
		return err
	}
	if err := wire.Serve(ctx, g.Env.Stdin, g.Env.Stdout, o); err != nil {
		return fmt.Errorf("%s: %w", gr.path, err)
	}
	return nil
}
