// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"errors"
	"fmt"
	"strings"
)

var errQuote = errors.New("a quote is not closed")

// special are the characters that mean something to a shell outside of quotes.
// Some do so only here or there; whoever means the character quotes it.
const special = ";&|<>()$`*?[]{}#~!="

// splitWords splits a command as a POSIX shell would, without one. What a shell
// would not take literally is an error.
func splitWords(s string) (words []string, err error) {
	for {
		s = strings.TrimLeft(s, " \t")
		if s == "" {
			return words, nil
		}
		var word string
		if word, s, err = firstWord(s); err != nil {
			return nil, err
		}
		words = append(words, word)
	}
}

// firstWord returns the word that s begins with and what follows it.
func firstWord(s string) (word, rest string, err error) {
	var w strings.Builder
	for s != "" {
		c := s[0]
		s = s[1:]
		switch {
		case c == ' ' || c == '\t':
			return w.String(), s, nil
		case c == '\'':
			quoted, after, ok := strings.Cut(s, "'")
			if !ok {
				return "", "", errQuote
			}
			w.WriteString(quoted)
			s = after
		case c == '"':
			if s, err = doubleQuoted(&w, s); err != nil {
				return "", "", err
			}
		case c == '\\':
			if s == "" || s[0] == '\n' {
				return "", "", errors.New("a backslash ends a line")
			}
			w.WriteByte(s[0])
			s = s[1:]
		case c < ' ' || c == 0x7f || strings.IndexByte(special, c) >= 0:
			return "", "", fmt.Errorf("%q means something to a shell", c)
		default:
			w.WriteByte(c)
		}
	}
	return w.String(), "", nil
}

// doubleQuoted writes what stands before the closing quote and returns what
// follows it.
func doubleQuoted(w *strings.Builder, s string) (rest string, err error) {
	for s != "" {
		c := s[0]
		s = s[1:]
		switch {
		case c == '"':
			return s, nil
		case c == '$' || c == '`':
			return "", fmt.Errorf("%q means something to a shell", c)
		case c == '\\' && s != "" && strings.IndexByte("$`\"\\", s[0]) >= 0:
			c, s = s[0], s[1:]
		case c == '\\' && s != "" && s[0] == '\n':
			return "", errors.New("a backslash ends a line")
		}
		w.WriteByte(c)
	}
	return "", errQuote
}
