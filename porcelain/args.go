// SPDX-License-Identifier: Apache-2.0

package porcelain

import (
	"errors"
	"fmt"

	"github.com/git-devops/git-devops/plumbing/repo"
	"github.com/spf13/cobra"
)

// SomeArgs is for verbs that need at least one argument; message says what is
// wrong without.
func SomeArgs(message string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return errors.New(message)
		}
		return nil
	}
}

// AtMost is for verbs that take up to n arguments.
func AtMost(n int) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) > n {
			return fmt.Errorf("unexpected argument '%s'", args[n])
		}
		return nil
	}
}

// OneArg is for verbs that take exactly one argument; message says what is
// wrong without.
func OneArg(message string) cobra.PositionalArgs {
	return cobra.MatchAll(SomeArgs(message), AtMost(1))
}

// ExactArgs is for verbs that take exactly n arguments.
func ExactArgs(n int) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != n {
			return fmt.Errorf("%d arguments expected, %d given", n, len(args))
		}
		return nil
	}
}

// TreeAndPaths tells a tree-ish from the paths that follow, as git checkout
// does: what stands before "--", or else what is a revision. dash is cobra's
// ArgsLenAtDash. Without a tree-ish the tree is "".
func TreeAndPaths(r *repo.Repo, args []string, dash int) (tree string, paths []string, err error) {
	if dash > 1 {
		return "", nil, Usagef("only one tree-ish expected, %d given", dash)
	}
	if len(args) == 0 || dash == 0 {
		return "", args, nil
	}
	_, err = r.ResolveTree(args[0])
	switch {
	case err == nil:
		return args[0], args[1:], nil
	case dash == 1 || !errors.Is(err, repo.ErrNotFound):
		return "", nil, err
	}
	return "", args, nil
}
