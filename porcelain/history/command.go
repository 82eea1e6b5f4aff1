// SPDX-License-Identifier: Apache-2.0

// Package history is the verbs that show a host's history with git's own.
package history

import (
	_ "embed"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/porcelain"
)

var (
	//go:embed log.txt
	logHelp string
	//go:embed show.txt
	showHelp string
)

// Log returns the verb log.
func Log(g *porcelain.Globals) *cobra.Command {
	return porcelain.GitVerb("log [<args of git log>...]", "show the history of the host's branch, as git does", logHelp, g.RunGit)
}

// Show returns the verb show.
func Show(g *porcelain.Globals) *cobra.Command {
	return porcelain.GitVerb("show [<args of git show>...]", "show a commit of the host's branch, as git does", showHelp, g.RunGit)
}
