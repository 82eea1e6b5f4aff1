// SPDX-License-Identifier: Apache-2.0

package all

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/git-devops/git-devops/porcelain"
)

// root returns the whole tree of commands, and all of them.
func root() (*cobra.Command, []*cobra.Command) {
	env := porcelain.Env{Getenv: func(string) string { return "" }}
	g := &porcelain.Globals{Env: env}
	r := porcelain.Root(g, Commands(g))
	return r, append(r.Commands(), r)
}

// documented returns the terms of the options that a command's page explains.
func documented(cmd *cobra.Command) map[string]bool {
	name := regexp.MustCompile(`(?:^|[ ,])(--?[A-Za-z][a-z-]*)`)
	explained := map[string]bool{}
	for _, s := range porcelain.ManualPage(cmd).Sections {
		for _, term := range s.Terms() {
			for _, n := range name.FindAllStringSubmatch(term, -1) {
				explained[n[1]] = true
			}
		}
	}
	return explained
}

func TestEveryOptionIsInTheManual(t *testing.T) {
	r, commands := root()
	for _, cmd := range commands {
		if cmd.Long == "" {
			continue
		}
		explained := documented(cmd)
		exists := map[string]bool{}
		check := func(f *pflag.Flag) {
			exists["--"+f.Name] = true
			if f.Shorthand != "" {
				exists["-"+f.Shorthand] = true
			}
			if f.Hidden {
				return
			}
			if !explained["--"+f.Name] {
				t.Errorf("%s: --%s is not in its help.txt", cmd.CommandPath(), f.Name)
			}
			if f.Shorthand != "" && !explained["-"+f.Shorthand] {
				t.Errorf("%s: -%s is not in its help.txt", cmd.CommandPath(), f.Shorthand)
			}
		}
		cmd.LocalNonPersistentFlags().VisitAll(check)
		if cmd == r {
			cmd.PersistentFlags().VisitAll(check)
		}
		for name := range explained {
			if !exists[name] {
				t.Errorf("%s: its help.txt explains %s, which does not exist", cmd.CommandPath(), name)
			}
		}
	}
}

func TestEveryVerbIsComplete(t *testing.T) {
	r, commands := root()
	plumbing := map[string]bool{"filter-process": true, "textconv": true, "diff-driver": true, "merge-driver": true, "pre-push": true}
	build := map[string]bool{"completion": true, "man": true}
	groups := map[string]bool{}
	for _, g := range r.Groups() {
		groups[g.ID] = true
	}
	for _, cmd := range commands {
		name := cmd.CommandPath()
		switch {
		case cmd == r:
		case !groups[cmd.GroupID] && !plumbing[cmd.Name()] && !build[cmd.Name()]:
			t.Errorf("%s: no group", name)
		case cmd.Long == "" && !build[cmd.Name()]:
			t.Errorf("%s: no help.txt", name)
		}
		first := []rune(cmd.Short + " ")[0]
		if cmd.Short == "" || unicode.IsUpper(first) || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: Short %q must be a phrase in lower case", name, cmd.Short)
		}
		if cmd.Run != nil || cmd.RunE == nil {
			t.Errorf("%s: needs RunE", name)
		}
		for use := range strings.SplitSeq(cmd.Use, "\n") {
			if use != cmd.Name() && !strings.HasPrefix(use, cmd.Name()+" ") {
				t.Errorf("%s: the synopsis %q does not begin with its name", name, use)
			}
		}
	}
}

// TestSynopsis holds synopses to git's form: every option of the verb by its
// short name, or its long one where it has no other, and angle brackets round
// what is to be filled in.
func TestSynopsis(t *testing.T) {
	r, commands := root()
	for _, cmd := range commands {
		if cmd.Hidden || cmd == r {
			continue
		}
		cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			short, long := "-"+f.Shorthand, "--"+f.Name
			if !f.Hidden && !strings.Contains(cmd.Use, long) && (f.Shorthand == "" || !strings.Contains(cmd.Use, short)) {
				t.Errorf("%s: the synopsis %q lacks %s", cmd.CommandPath(), cmd.Use, long)
			}
		})
	}
}

// TestOptionsMeanTheSameEverywhere: short options that git's users know.
func TestOptionsMeanTheSameEverywhere(t *testing.T) {
	known := map[string]string{"n": "dry-run", "z": "null", "f": "force"}
	global := map[string]bool{}
	r, commands := root()
	r.PersistentFlags().VisitAll(func(f *pflag.Flag) { global[f.Name], global[f.Shorthand] = true, true })
	for _, cmd := range commands {
		cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if want := known[f.Shorthand]; want != "" && f.Name != want {
				t.Errorf("%s: -%s is --%s, not --%s", cmd.CommandPath(), f.Shorthand, f.Name, want)
			}
			if global[f.Name] || f.Shorthand != "" && global[f.Shorthand] {
				t.Errorf("%s: --%s takes the name of a global option", cmd.CommandPath(), f.Name)
			}
		})
	}
}

func TestEveryPageAndUsageCanBeWritten(t *testing.T) {
	_, commands := root()
	for _, cmd := range commands {
		page := porcelain.ManualPage(cmd)
		var b bytes.Buffer
		if err := page.Roff(&b, "2025-01-01"); err != nil {
			t.Error(err)
		}
		if err := page.Text(&b); err != nil {
			t.Error(err)
		}
		for i, r := range b.String() {
			if r == unicode.ReplacementChar || unicode.IsControl(r) && r != '\n' {
				t.Errorf("%s: odd character at byte %d", page.Name, i)
			}
		}
	}
}
