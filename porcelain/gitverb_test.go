// SPDX-License-Identifier: Apache-2.0

package porcelain

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

func TestPassOn(t *testing.T) {
	g := &Globals{Env: Env{Getenv: func(string) string { return "" }}}
	own := GitVerb("log [<args>]", "", "", func(context.Context, []string) error { return nil })
	other := &cobra.Command{Use: "ls", RunE: func(*cobra.Command, []string) error { return nil }}
	root := Root(g, []*cobra.Command{own, other})
	for args, want := range map[string]string{
		"":                        "",
		"log":                     "log --",
		"log -h":                  "log -h",
		"log --help":              "log --help",
		"log -h -1":               "log -- -h -1",
		"log -q --json x":         "log -- -q --json x",
		"log -- x":                "log -- -- x",
		"-C log ls -q":            "-C log ls -q",
		"-C log log -q":           "-C log log -- -q",
		"-Clog log -q":            "-Clog log -- -q",
		"-qC log log -q":          "-qC log log -- -q",
		"--repo log log log":      "--repo log log -- log",
		"--repo=log log":          "--repo=log log --",
		"--color log -1":          "--color log -- -1",
		"--json -v log -1":        "--json -v log -- -1",
		"--no-such-option log -1": "--no-such-option log -- -1",
		"--repo":                  "--repo",
		"-- log":                  "-- log",
		"ls log -1":               "ls log -1",
	} {
		got := passOn(root, strings.Fields(args))
		if diff := cmp.Diff(strings.Fields(want), got); diff != "" {
			t.Errorf("%s: %s", args, diff)
		}
	}
}
