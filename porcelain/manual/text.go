// SPDX-License-Identifier: Apache-2.0

package manual

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// width is the number of columns text is filled to.
const width = 79

// Text writes the page for reading on a terminal that has no man(1).
func (p Page) Text(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "NAME\n    %s - %s\n\nSYNOPSIS\n", p.Name, p.Summary)
	for _, s := range p.Synopsis {
		b.WriteString("    " + plain(s) + "\n")
	}
	for _, s := range p.Sections {
		if len(s.Blocks) > 0 {
			fmt.Fprintf(&b, "\n%s\n", s.Title)
			textBlocks(&b, s.Blocks, "    ")
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

func textBlocks(b *bytes.Buffer, blocks []Block, indent string) {
	for i, bl := range blocks {
		if i > 0 && (bl.Kind != Item || blocks[i-1].Kind != Item) {
			b.WriteByte('\n')
		}
		switch bl.Kind {
		case Part:
			b.WriteString("  " + bl.Text + "\n")
		case Literal:
			for line := range strings.SplitSeq(bl.Text, "\n") {
				b.WriteString(strings.TrimRight(indent+"    "+line, " ") + "\n")
			}
		case Item:
			fill(b, plain(bl.Text), indent+"* ", indent+"  ")
		case Term:
			fill(b, plain(bl.Text), indent, indent)
			textBlocks(b, bl.Body, indent+"    ")
		default:
			fill(b, plain(bl.Text), indent, indent)
		}
	}
}

func fill(b *bytes.Buffer, text, first, rest string) {
	line := first
	empty := true
	for word := range strings.FieldsSeq(text) {
		if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			b.WriteString(line + "\n")
			line, empty = rest, true
		}
		if !empty {
			line += " "
		}
		line, empty = line+word, false
	}
	b.WriteString(line + "\n")
}

func plain(text string) string {
	var out strings.Builder
	spans(text, func(_ rune, s string) { out.WriteString(s) })
	return out.String()
}
