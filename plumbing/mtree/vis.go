// SPDX-License-Identifier: Apache-2.0

package mtree

import (
	"bytes"
	"errors"
)

// appendVis appends text as vis(3) writes it with VIS_OCTAL: each byte that is
// not plain becomes a backslash and three digits.
func appendVis(b []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		if c := text[i]; isPlain(c) {
			b = append(b, c)
		} else {
			b = append(b, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		}
	}
	return b
}

// isPlain leaves out what means something to a reader of mtree(5): blanks,
// comments, globs, values.
func isPlain(c byte) bool {
	switch c {
	case '\\', '#', '*', '?', '[', ']', '=':
		return false
	}
	return c > ' ' && c < 0x7f
}

var errVis = errors.New("bad escape")

// cEscapes are what other programs write for some bytes.
var cEscapes = map[byte]byte{
	'\\': '\\', '#': '#', 's': ' ', 't': '\t', 'n': '\n', 'r': '\r',
	'a': '\a', 'b': '\b', 'f': '\f', 'v': '\v',
}

// unvis is the opposite of appendVis. The result does not share memory with
// text.
func unvis(text []byte) (string, error) {
	if bytes.IndexByte(text, '\\') < 0 {
		return string(text), nil
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '\\' {
			out = append(out, c)
			continue
		}
		rest := text[i+1:]
		switch {
		case len(rest) >= 3 && isOctal(rest):
			out = append(out, (rest[0]-'0')<<6|(rest[1]-'0')<<3|(rest[2]-'0'))
			i += 3
		case len(rest) >= 1 && cEscapes[rest[0]] != 0:
			out = append(out, cEscapes[rest[0]])
			i++
		default:
			return "", errVis
		}
	}
	return string(out), nil
}

// isOctal tells whether text begins with the three digits of a byte.
func isOctal(text []byte) bool {
	digit := func(c, highest byte) bool { return c >= '0' && c <= highest }
	return digit(text[0], '3') && digit(text[1], '7') && digit(text[2], '7')
}
