// SPDX-License-Identifier: Apache-2.0

// Package version is the verb that says which version of git-devops this is.
package version

import (
	_ "embed"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/porcelain"
)

//go:embed help.txt
var help string

// Command returns the verb.
func Command(g *porcelain.Globals) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "print the version of git-devops",
		Long:    help,
		GroupID: porcelain.GroupStart,
		RunE: func(*cobra.Command, []string) error {
			g.UI.Print(porcelain.Build())
			return nil
		},
	}
}
