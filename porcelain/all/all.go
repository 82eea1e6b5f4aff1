// SPDX-License-Identifier: Apache-2.0

// Package all lists the verbs, once: the program, the manual pages, the
// completions and the tests of all verbs take them from here.
package all

import (
	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/porcelain"
	"github.com/git-devops/git-devops/porcelain/add"
	"github.com/git-devops/git-devops/porcelain/apply"
	"github.com/git-devops/git-devops/porcelain/cat"
	"github.com/git-devops/git-devops/porcelain/checkout"
	"github.com/git-devops/git-devops/porcelain/commit"
	"github.com/git-devops/git-devops/porcelain/completion"
	copyverb "github.com/git-devops/git-devops/porcelain/copy"
	"github.com/git-devops/git-devops/porcelain/diff"
	"github.com/git-devops/git-devops/porcelain/diffdriver"
	"github.com/git-devops/git-devops/porcelain/drift"
	"github.com/git-devops/git-devops/porcelain/drop"
	"github.com/git-devops/git-devops/porcelain/export"
	"github.com/git-devops/git-devops/porcelain/filterprocess"
	"github.com/git-devops/git-devops/porcelain/fsck"
	"github.com/git-devops/git-devops/porcelain/gc"
	"github.com/git-devops/git-devops/porcelain/get"
	"github.com/git-devops/git-devops/porcelain/history"
	initverb "github.com/git-devops/git-devops/porcelain/init"
	"github.com/git-devops/git-devops/porcelain/ls"
	"github.com/git-devops/git-devops/porcelain/man"
	"github.com/git-devops/git-devops/porcelain/mergedriver"
	"github.com/git-devops/git-devops/porcelain/move"
	"github.com/git-devops/git-devops/porcelain/peer"
	"github.com/git-devops/git-devops/porcelain/prepush"
	"github.com/git-devops/git-devops/porcelain/report"
	"github.com/git-devops/git-devops/porcelain/resolve"
	"github.com/git-devops/git-devops/porcelain/rm"
	"github.com/git-devops/git-devops/porcelain/rollback"
	"github.com/git-devops/git-devops/porcelain/serve"
	"github.com/git-devops/git-devops/porcelain/status"
	"github.com/git-devops/git-devops/porcelain/store"
	syncverb "github.com/git-devops/git-devops/porcelain/sync"
	"github.com/git-devops/git-devops/porcelain/textconv"
	"github.com/git-devops/git-devops/porcelain/track"
	"github.com/git-devops/git-devops/porcelain/untrack"
	"github.com/git-devops/git-devops/porcelain/verify"
	"github.com/git-devops/git-devops/porcelain/version"
	"github.com/git-devops/git-devops/porcelain/whereis"
)

// Commands returns every verb; the last ones, without a group, are run by git
// or by the build. Help lists the others by group and name.
func Commands(g *porcelain.Globals) []*cobra.Command {
	return []*cobra.Command{
		initverb.Command(g),
		version.Command(g),

		track.Command(g),
		untrack.Command(g),
		add.Command(g),
		checkout.Command(g),
		status.Command(g),
		ls.Command(g),
		cat.Command(g),
		export.Command(g),
		fsck.Command(g),
		gc.Command(g),

		store.Command(g),
		copyverb.Command(g),
		move.Command(g),

		peer.Command(g),
		serve.Command(g),

		syncverb.Command(g),
		get.Command(g),
		drop.Command(g),
		whereis.Command(g),

		diff.Command(g),
		rm.Command(g),
		commit.Command(g),
		history.Log(g),
		history.Show(g),

		apply.Command(g),
		rollback.Command(g),
		resolve.Command(g),
		drift.Command(g),
		report.Command(g),
		verify.Command(g),

		filterprocess.Command(g),
		textconv.Command(g),
		diffdriver.Command(g),
		mergedriver.Command(g),
		prepush.Command(g),
		completion.Command(g),
		man.Command(g),
	}
}

// Main runs the program.
func Main(args []string, env porcelain.Env) int {
	return porcelain.Main(args, env, Commands)
}
