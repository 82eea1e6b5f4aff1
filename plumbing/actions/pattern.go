// SPDX-License-Identifier: Apache-2.0

package actions

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

const maxPattern = 1000 // bytes

// A Pattern matches paths, component by component: each is a pattern of
// path.Match, or ** for any number of components.
type Pattern []string

// ParsePattern reads a pattern, which is relative to the root.
func ParsePattern(text string) (Pattern, error) {
	components := strings.Split(text, "/")
	odd := func(c string) bool { return c == "" || c == "." || c == ".." }
	if len(text) > maxPattern || slices.ContainsFunc(components, odd) {
		return nil, fmt.Errorf("path %q is not one of a root: no / at either end, no . or .., at most %d bytes", text, maxPattern)
	}
	for i, c := range components {
		if _, err := path.Match(c, ""); err != nil {
			return nil, fmt.Errorf("path %q: %w", text, err)
		}
		if c != "**" && strings.Contains(c, "**") {
			return nil, fmt.Errorf("path %q: ** is a name of its own", text)
		}
		if c == "**" && i > 0 && components[i-1] == "**" {
			return nil, fmt.Errorf("path %q: one ** is enough", text)
		}
	}
	return components, nil
}

// Match says whether the pattern matches the whole path. A ** at the end
// stands for at least one component.
func (p Pattern) Match(name string) bool {
	// at tells for each number of components of the pattern whether they match
	// what was seen of the path.
	at := make([]bool, len(p)+1)
	at[0] = true
	at = p.skip(at)
	last := len(p) - 1
	for name != "" {
		var component string
		component, name, _ = strings.Cut(name, "/")
		next := make([]bool, len(p)+1)
		for i, c := range p {
			if !at[i] {
				continue
			}
			if c == "**" {
				next[i] = true
				next[i+1] = next[i+1] || i == last
			} else if ok, _ := path.Match(c, component); ok {
				next[i+1] = true
			}
		}
		at = p.skip(next)
	}
	return at[len(p)]
}

// skip lets each ** that is reached, but for the last component, stand for
// nothing.
func (p Pattern) skip(at []bool) []bool {
	for i := range len(p) - 1 {
		if at[i] && p[i] == "**" {
			at[i+1] = true
		}
	}
	return at
}
