// SPDX-License-Identifier: Apache-2.0

package porcelain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/git-devops/git-devops/porcelain/manual"
)

// ManualPage returns the manual page of cmd: its help.txt with what every
// page has.
func ManualPage(cmd *cobra.Command) manual.Page {
	page := manual.Page{
		Name:     strings.ReplaceAll(cmd.CommandPath(), " ", "-"),
		Summary:  cmd.Short,
		Synopsis: Synopsis(cmd),
		Sections: manual.Parse(cmd.Long),
	}
	verb := cmd.HasParent()
	if verb {
		page.Sections = withGlobalOptions(page.Sections)
	} else {
		page.Sections = after(page.Sections, "OPTIONS", verbSection(cmd))
	}
	seeAlso := take(&page.Sections, "SEE ALSO")
	page.Sections = append(page.Sections, exitSection())
	if verb {
		seeAlso = append(paragraphs("git-devops(1)"), seeAlso...)
	}
	page.Sections = append(page.Sections, manual.Section{Title: "SEE ALSO", Blocks: joined(seeAlso)})
	if verb {
		page.Sections = append(page.Sections, manual.Section{
			Title: "GIT-DEVOPS", Blocks: paragraphs("Part of the git-devops(1) suite."),
		})
	}
	return page
}

func paragraphs(text string) []manual.Block { return manual.Parse(text)[0].Blocks }

// withGlobalOptions ends the section OPTIONS with a word on the options of
// every verb.
func withGlobalOptions(sections []manual.Section) []manual.Section {
	note := paragraphs("The options of every verb, such as `-C`, `--json`, `-q` and `-v`, are described in git-devops(1).")
	if i := index(sections, "OPTIONS"); i >= 0 {
		sections[i].Blocks = append(sections[i].Blocks, note...)
		return sections
	}
	return after(sections, "DESCRIPTION", manual.Section{Title: "OPTIONS", Blocks: note})
}

func index(sections []manual.Section, title string) int {
	return slices.IndexFunc(sections, func(s manual.Section) bool { return s.Title == title })
}

func after(sections []manual.Section, title string, s manual.Section) []manual.Section {
	return slices.Insert(sections, index(sections, title)+1, s)
}

// verbSection lists the verbs by group.
func verbSection(root *cobra.Command) manual.Section {
	var b strings.Builder
	for _, group := range append(root.Groups(), &cobra.Group{Title: "plumbing, run by git"}) {
		verbs := Members(root, group.ID)
		if len(verbs) > 0 {
			fmt.Fprintf(&b, "== %s\n", group.Title)
		}
		for _, c := range verbs {
			fmt.Fprintf(&b, "git-devops-%s(1)::\n    %s.\n", c.Name(), sentence(c.Short))
		}
	}
	return manual.Section{Title: "VERBS", Blocks: paragraphs(b.String())}
}

func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func exitSection() manual.Section {
	var b strings.Builder
	for _, s := range Statuses() {
		fmt.Fprintf(&b, "%d::\n    %s\n", s.Code, sentence(s.Meaning))
	}
	return manual.Section{Title: "EXIT STATUS", Blocks: paragraphs(b.String())}
}

// take removes the section of that title and returns its blocks.
func take(sections *[]manual.Section, title string) []manual.Block {
	i := index(*sections, title)
	if i < 0 {
		return nil
	}
	blocks := (*sections)[i].Blocks
	*sections = slices.Delete(*sections, i, i+1)
	return blocks
}

// joined makes one paragraph of several, as lists of pages are written.
func joined(blocks []manual.Block) []manual.Block {
	var texts []string
	for _, b := range blocks {
		texts = append(texts, b.Text)
	}
	return []manual.Block{{Text: strings.Join(texts, ", ")}}
}
