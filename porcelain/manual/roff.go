// SPDX-License-Identifier: Apache-2.0

package manual

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// Roff writes the page in the man(7) language. The same page and date always
// give the same bytes.
func (p Page) Roff(w io.Writer, date string) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, ".TH \"%s\" \"1\" \"%s\" \"git\\-devops\" \"Git\\-devops Manual\"\n",
		escape(strings.ToUpper(p.Name)), escape(date))
	// No hyphenation, left-aligned: what git's own pages ask for.
	b.WriteString(".nh\n.ad l\n")
	fmt.Fprintf(&b, ".SH \"NAME\"\n%s \\- %s\n", escape(p.Name), escape(p.Summary))
	b.WriteString(".SH \"SYNOPSIS\"\n.nf\n")
	for _, s := range p.Synopsis {
		roffLine(&b, s)
	}
	b.WriteString(".fi\n")
	for _, s := range p.Sections {
		if len(s.Blocks) > 0 {
			fmt.Fprintf(&b, ".SH \"%s\"\n", escape(s.Title))
			roffBlocks(&b, s.Blocks)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

func roffBlocks(b *bytes.Buffer, blocks []Block) {
	for i, bl := range blocks {
		switch bl.Kind {
		case Part:
			fmt.Fprintf(b, ".SS \"%s\"\n", escape(bl.Text))
		case Literal:
			b.WriteString(".PP\n.RS 4\n.nf\n")
			for line := range strings.SplitSeq(bl.Text, "\n") {
				guard(b, escape(line))
			}
			b.WriteString(".fi\n.RE\n")
		case Item:
			b.WriteString(".IP \\(bu 2\n")
			roffLine(b, bl.Text)
		case Term:
			b.WriteString(".PP\n")
			roffLine(b, bl.Text)
			b.WriteString(".RS 4\n")
			roffBlocks(b, bl.Body)
			b.WriteString(".RE\n")
		default:
			// The first paragraph of a section or term follows its head closely.
			if i > 0 && blocks[i-1].Kind != Part {
				b.WriteString(".PP\n")
			}
			roffLine(b, bl.Text)
		}
	}
}

// roffLine writes one line of text with its inline markup.
func roffLine(b *bytes.Buffer, text string) {
	var line strings.Builder
	spans(text, func(style rune, s string) {
		if style == 'R' {
			line.WriteString(escape(s))
		} else if s != "" {
			fmt.Fprintf(&line, `\f%c%s\fR`, style, escape(s))
		}
	})
	guard(b, line.String())
}

// guard writes a line so that it cannot be taken for a request.
func guard(b *bytes.Buffer, line string) {
	if line != "" && (line[0] == '.' || line[0] == '\'') {
		b.WriteString(`\&`)
	}
	b.WriteString(line + "\n")
}

func escape(s string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", "\\(ga",
		"^", `\(ha`, "~", `\(ti`, `"`, `\(dq`).Replace(s)
}
