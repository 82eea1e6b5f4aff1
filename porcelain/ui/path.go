// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/git-devops/git-devops/plumbing/node"
)

// Path is a path in an answer. A path is bytes: as text it is quoted when a
// person or a script could misread it; as JSON it is a string, or
// {"base64":"…"} when it is not UTF-8.
type Path string

// MarshalJSON implements json.Marshaler.
func (p Path) MarshalJSON() ([]byte, error) { return node.JSONPath(p).MarshalJSON() }

// String returns the path, quoted as git quotes paths (core.quotePath=false)
// when it holds control characters, quotes, backslashes or bytes that are not
// UTF-8.
func (p Path) String() string {
	if !needsQuotes(string(p)) {
		return string(p)
	}
	var b strings.Builder
	b.WriteByte('"')
	for s := string(p); s != ""; {
		r, n := utf8.DecodeRuneInString(s)
		quoteRune(&b, r, s[:n])
		s = s[n:]
	}
	b.WriteByte('"')
	return b.String()
}

func needsQuotes(s string) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool {
		return r == '"' || r == '\\' || unicode.IsControl(r)
	})
}

// quoteRune writes r, which is spelled raw in the path.
func quoteRune(b *strings.Builder, r rune, raw string) {
	if i := strings.IndexRune("\a\b\t\n\v\f\r\"\\", r); i >= 0 && r != utf8.RuneError {
		b.WriteByte('\\')
		b.WriteByte(`abtnvfr"\`[i])
		return
	}
	if unicode.IsControl(r) || r == utf8.RuneError && len(raw) == 1 {
		for i := range len(raw) {
			fmt.Fprintf(b, `\%03o`, raw[i])
		}
		return
	}
	b.WriteString(raw)
}
