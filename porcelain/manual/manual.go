// SPDX-License-Identifier: Apache-2.0

// Package manual reads the help.txt of a verb and writes it as a man page or
// as plain text, so that both always say the same. Invariant: every character
// of help.txt that is not markup reaches both forms.
//
// The markup of help.txt, line by line:
//
//	OPTIONS              a line of capitals (and spaces, hyphens) begins a
//	                     section; what stands before the first one is the
//	                     DESCRIPTION
//	== Large files       begins a part of a section
//	Some words, which    lines up to an empty one are a paragraph
//	are filled.
//	    $ git devops add lines indented by four are shown as they are
//	* a point            an item of a list; its other lines are indented
//	  of a list          by two
//	-n, --dry-run::      a term; what explains it is indented by four and is
//	    Only say ...     itself made of paragraphs and indented lines
//
// and within lines:
//
//	`git add`            literal: bold in a man page
//	<path>               something to fill in: italic in a man page
//	git-add(1)           a man page: bold in a man page
//
// It knows nothing about commands or options; package porcelain makes pages
// of those.
package manual

import (
	"regexp"
	"strings"
)

// A Page is one manual page.
type Page struct {
	Name     string   // as in "git-devops-add"
	Summary  string   // one line, no full stop
	Synopsis []string // one a line
	Sections []Section
}

// A Section is a headed piece of a page.
type Section struct {
	Title  string
	Blocks []Block
}

// Kind tells the kinds of Block apart.
type Kind int

// The kinds of Block.
const (
	Paragraph Kind = iota
	Literal        // shown as it is, line by line
	Item           // of a list
	Term           // explained by Body
	Part           // the heading of a part of a section
)

// A Block is a paragraph or something that stands like one.
type Block struct {
	Kind Kind
	Text string // with inline markup; of a Literal without its indentation
	Body []Block
}

var heading = regexp.MustCompile(`^[A-Z][A-Z -]+$`)

// Parse reads help.txt.
func Parse(text string) []Section {
	sections := []Section{{Title: "DESCRIPTION"}}
	var body []string
	end := func() {
		last := &sections[len(sections)-1]
		last.Blocks = parseBlocks(body)
		body = nil
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n\t ")
		if heading.MatchString(line) {
			end()
			sections = append(sections, Section{Title: line})
			continue
		}
		body = append(body, line)
	}
	end()
	return sections
}

func parseBlocks(lines []string) []Block {
	var blocks []Block
	for len(lines) > 0 {
		var b Block
		first := lines[0]
		switch {
		case first == "":
			lines = lines[1:]
			continue
		case strings.HasPrefix(first, "    "):
			b.Kind = Literal
			b.Text, lines = indented(lines, "    ")
		case strings.HasPrefix(first, "== "):
			b.Kind, b.Text, lines = Part, first[3:], lines[1:]
		case strings.HasPrefix(first, "* "):
			b.Kind, lines[0] = Item, first[2:]
			b.Text, lines = filled(lines, "  ")
		case strings.HasSuffix(first, "::"):
			var body string
			body, lines = indented(lines[1:], "    ")
			b = Block{Term, strings.TrimSuffix(first, "::"), parseBlocks(strings.Split(body, "\n"))}
		default:
			b.Text, lines = filled(lines, "")
		}
		blocks = append(blocks, b)
	}
	return blocks
}

// indented takes the lines that begin with indent, and empty lines between
// them, and returns them without it.
func indented(lines []string, indent string) (text string, rest []string) {
	n, last := 0, 0
	for ; n < len(lines); n++ {
		if strings.HasPrefix(lines[n], indent) {
			last = n + 1
		} else if lines[n] != "" {
			break
		}
	}
	var out []string
	for _, l := range lines[:last] {
		out = append(out, strings.TrimPrefix(l, indent))
	}
	return strings.Join(out, "\n"), lines[last:]
}

// filled takes the first line and those after it that begin with indent and
// begin nothing new, and joins them.
func filled(lines []string, indent string) (text string, rest []string) {
	n := 1
	for n < len(lines) && lines[n] != "" && strings.HasPrefix(lines[n], indent) &&
		!strings.HasPrefix(lines[n], "    ") && !strings.HasPrefix(lines[n], "* ") &&
		!strings.HasPrefix(lines[n], "== ") && !strings.HasSuffix(lines[n], "::") {
		n++
	}
	words := strings.Fields(strings.Join(lines[:n], " "))
	return strings.Join(words, " "), lines[n:]
}

// Terms returns the terms a section explains, at any depth.
func (s Section) Terms() []string {
	var terms []string
	for _, b := range s.Blocks {
		if b.Kind == Term {
			terms = append(terms, b.Text)
			terms = append(terms, Section{Blocks: b.Body}.Terms()...)
		}
	}
	return terms
}

var inline = regexp.MustCompile("`[^`]+`|<[a-z][^<>]*>|\\b[a-z][a-z0-9.-]*\\([1-8]\\)")

// spans splits text at its inline markup and emits each piece with the font it
// asks for: R, B or I as roff names them.
func spans(text string, emit func(font rune, s string)) {
	at := 0
	for _, m := range inline.FindAllStringIndex(text, -1) {
		emit('R', text[at:m[0]])
		switch s := text[m[0]:m[1]]; s[0] {
		case '`':
			emit('B', s[1:len(s)-1])
		case '<':
			emit('I', s)
		default:
			open := strings.IndexByte(s, '(')
			emit('B', s[:open])
			emit('R', s[open:])
		}
		at = m[1]
	}
	emit('R', text[at:])
}
