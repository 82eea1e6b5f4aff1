// SPDX-License-Identifier: Apache-2.0

package porcelain

import (
	"regexp"
	"slices"

	"github.com/spf13/cobra"
)

const maxCount = "max-count"

var number = regexp.MustCompile(`^-[0-9]+$`)

// counts reads -<n> as --max-count=<n>, as git does, where a verb has that.
func counts(root *cobra.Command, args []string) []string {
	at := verbAt(root.PersistentFlags(), args)
	for _, cmd := range root.Commands() {
		if at == len(args) || cmd.Name() != args[at] || cmd.Flags().Lookup(maxCount) == nil {
			continue
		}
		args = slices.Clone(args)
		for i := at + 1; i < len(args) && args[i] != "--"; i++ {
			if number.MatchString(args[i]) {
				args[i] = "--" + maxCount + "=" + args[i][1:]
			}
		}
	}
	return args
}
