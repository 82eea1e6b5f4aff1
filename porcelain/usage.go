// SPDX-License-Identifier: Apache-2.0

package porcelain

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Synopsis returns the ways to call cmd, one a line, as its manual page shows
// them. The lines of a command's Use are its alternatives; each begins with
// the name of the verb.
func Synopsis(cmd *cobra.Command) []string {
	var lines []string
	for use := range strings.SplitSeq(cmd.Use, "\n") {
		_, args, _ := strings.Cut(use, " ")
		lines = append(lines, strings.TrimSpace(cmd.CommandPath()+" "+args))
	}
	return lines
}

// printUsage writes what -h shows, in the form of git's own.
func printUsage(w io.Writer, cmd *cobra.Command) {
	printSynopsis(w, cmd)
	if !cmd.HasParent() {
		printVerbs(w, cmd)
	}
	printFlags(w, cmd.LocalNonPersistentFlags())
	printFlags(w, cmd.Root().PersistentFlags())
	fmt.Fprintf(w, "\n    '%s --help' shows the manual page.\n", cmd.CommandPath())
}

func printSynopsis(w io.Writer, cmd *cobra.Command) {
	word := "usage"
	for _, line := range Synopsis(cmd) {
		fmt.Fprintf(w, "%5s: %s\n", word, line)
		word = "or"
	}
}

func printVerbs(w io.Writer, root *cobra.Command) {
	for _, group := range root.Groups() {
		verbs := Members(root, group.ID)
		if len(verbs) > 0 {
			fmt.Fprintf(w, "\n%s\n", group.Title)
		}
		for _, c := range verbs {
			fmt.Fprintf(w, "    %-17s %s\n", c.Name(), c.Short)
		}
	}
}

// Members returns the verbs of a group by name; with the group "" those of the plumbing that have a manual page.
func Members(root *cobra.Command, group string) []*cobra.Command {
	return slices.DeleteFunc(slices.Clone(root.Commands()), func(c *cobra.Command) bool {
		return c.GroupID != group || group == "" && c.Long == ""
	})
}

func printFlags(w io.Writer, flags *pflag.FlagSet) {
	if flags.HasAvailableFlags() {
		fmt.Fprintln(w)
	}
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		name, usage := flagTerm(f), f.Usage
		if _, u := pflag.UnquoteUsage(f); u != "" {
			usage = u
		}
		if len(name) > 20 {
			name += "\n" + strings.Repeat(" ", 25)
		}
		fmt.Fprintf(w, "    %-21s %s\n", name, usage)
	})
}

// flagTerm is how the usage names an option: -C <dir>, -n, --dry-run.
func flagTerm(f *pflag.Flag) string {
	s := "--" + f.Name
	if f.Shorthand != "" {
		s = "-" + f.Shorthand + ", " + s
	}
	switch value, _ := pflag.UnquoteUsage(f); {
	case value == "" || f.Value.Type() == "bool":
	case f.NoOptDefVal != "":
		s += "[=" + value + "]"
	case f.Shorthand != "":
		s += " " + value
	default:
		s += "=" + value
	}
	return s
}
