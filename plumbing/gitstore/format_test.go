// SPDX-License-Identifier: Apache-2.0

package gitstore

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// dump is data as FORMAT.md shows it.
func dump(data []byte) string {
	var b strings.Builder
	for at := 0; at < len(data); at += 16 {
		line := data[at:min(len(data), at+16)]
		hex, text := "", ""
		for i, c := range line {
			if i%2 == 0 {
				hex += " "
			}
			hex += fmt.Sprintf("%02x", c)
			if c < ' ' || c > '~' {
				c = '.'
			}
			text += string(rune(c))
		}
		fmt.Fprintf(&b, "    %08x:%-40s  %s\n", at, hex, text)
	}
	return b.String()
}

// TestFormatExamples: FORMAT.md shows what is written.
func TestFormatExamples(t *testing.T) {
	format, err := os.ReadFile("FORMAT.md")
	must(t, err)
	s := newStore(t)
	b := begin(t, s, []byte("head\n"))
	base := finished(t, b)
	name := b.writer.name
	read := func(ext string) []byte {
		data, err := os.ReadFile(base + ext)
		must(t, err)
		return data
	}
	pending := strings.Replace(string(read(".keep")), name, "writer-2882001937", 1)
	must(t, b.Commit(t.Context()))
	must(t, b.Settle())
	for what, example := range map[string]string{
		"the pack":          dump(read(".pack")),
		"its pending .keep": dump([]byte(pending)),
		"its settled .keep": dump(read(".keep")),
		"the held set":      s.root.String(),
		"kind of .keep":     "`" + strings.TrimSpace(removedChunks) + "`",
	} {
		if !strings.Contains(string(format), example) {
			t.Errorf("FORMAT.md lacks %s:\n%s", what, example)
		}
	}
}
