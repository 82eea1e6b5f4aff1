// SPDX-License-Identifier: Apache-2.0

package porcelain

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

func TestCounts(t *testing.T) {
	root := &cobra.Command{Use: "git-devops"}
	with := &cobra.Command{Use: "with"}
	with.Flags().Int(maxCount, 0, "")
	root.AddCommand(with, &cobra.Command{Use: "without"})
	for args, want := range map[string]string{
		"":                  "",
		"with":              "with",
		"with -5 a":         "with --max-count=5 a",
		"with a -12 -n -":   "with a --max-count=12 -n -",
		"with -- -5":        "with -- -5",
		"with -5x --5":      "with -5x --5",
		"without -5":        "without -5",
		"without a with -5": "without a with -5",
	} {
		if diff := cmp.Diff(strings.Fields(want), counts(root, strings.Fields(args))); diff != "" {
			t.Errorf("%q: %s", args, diff)
		}
	}
}
