// SPDX-License-Identifier: Apache-2.0

package git

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
)

// ConfigLine returns the line, from 1, of a text in git's configuration syntax
// on which a key is last set; 0 where it finds none. It is for messages: of
// several sections on one line it sees the first.
func ConfigLine(text []byte, key string) int {
	section, found, n := "", 0, 0
	for line := range strings.Lines(string(text)) {
		n++
		line = strings.TrimSpace(line)
		if header, rest, ok := strings.Cut(line, "]"); ok && strings.HasPrefix(header, "[") {
			name, sub, _ := strings.Cut(strings.TrimPrefix(header, "["), ` "`)
			section = strings.TrimSpace(name) + "."
			if sub != "" {
				section += strings.TrimSuffix(sub, `"`) + "."
			}
			line = strings.TrimSpace(rest)
		}
		name, _, _ := strings.Cut(line, "=")
		if strings.EqualFold(section+strings.TrimSpace(name), key) {
			found = n
		}
	}
	return found
}

var badLine = regexp.MustCompile(`bad config line (\d+)`)

// BadConfigLine returns the line which git says it cannot read, 0 where err
// says nothing of one.
func BadConfigLine(err error) int {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return 0
	}
	m := badLine.FindStringSubmatch(e.Stderr)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}
