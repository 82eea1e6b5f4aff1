// SPDX-License-Identifier: Apache-2.0

// Package mergedriver is the verb that git runs as merge.devops.driver.
package mergedriver

import (
	"bytes"
	_ "embed"
	"os"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/plumbing/mtree"
	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/ui"
)

//go:embed help.txt
var help string

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	return &cobra.Command{
		Use:   "merge-driver <base> <ours> <theirs> <path>",
		Short: "merge manifests and .devops/mtree for git",
		Long:  help,
		Args:  porcelain.ExactArgs(4),
		RunE:  func(_ *cobra.Command, args []string) error { return run(g, args) },
	}
}

func run(g *porcelain.Globals, args []string) error {
	var side [3][]byte
	for i := range side {
		data, err := os.ReadFile(g.Path(args[i]))
		if err != nil {
			return err
		}
		side[i] = data
	}
	base, ours, theirs := side[0], side[1], side[2]
	switch {
	case bytes.Equal(ours, theirs), bytes.Equal(base, theirs):
		return nil
	case bytes.Equal(base, ours):
		return os.WriteFile(g.Path(args[1]), theirs, 0o666)
	}
	if args[3] == mtree.Path {
		return mergeMtree(g, g.Path(args[1]), side)
	}
	path := ui.Path(args[3])
	g.UI.Errorf("%s: both sides have changed this large file; ours is kept", path)
	g.UI.Hintf("take theirs with 'git checkout --theirs -- %s', then 'git devops add %s'", path, path)
	return porcelain.Exit(porcelain.Differs, nil)
}
