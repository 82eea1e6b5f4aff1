// SPDX-License-Identifier: Apache-2.0

// Package man is the command, used by the build, that writes the manual pages
// of all verbs. The same source gives the same bytes. What a page says comes
// from the verbs' help.txt; see package manual.
package man

import (
	"bytes"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/porcelain"
)

// date is printed at the foot of each page. It is fixed, so that pages do not
// differ from build to build.
const date = "2025-11-20"

// Command returns the hidden verb.
func Command(g *porcelain.Globals) *cobra.Command {
	return &cobra.Command{
		Use:   "man <dir>",
		Short: "write the manual pages into a directory",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(cmd.Root(), g.Path(args[0]))
		},
	}
}

// run writes a page for each command that has a help.txt.
func run(root *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, cmd := range append(root.Commands(), root) {
		if cmd.Long == "" {
			continue
		}
		page := porcelain.ManualPage(cmd)
		var b bytes.Buffer
		if err := page.Roff(&b, date); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, page.Name+".1"), b.Bytes(), 0o666); err != nil {
			return err
		}
	}
	return nil
}
