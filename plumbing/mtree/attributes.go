// SPDX-License-Identifier: Apache-2.0

package mtree

import (
	"bytes"
	"slices"
)

// Attribute is the line of the .gitattributes at the top of a tree that has
// git merge Path with our merge driver.
const Attribute = "/" + Path + " merge=devops -text"

// WithAttribute returns the text of a .gitattributes with that line: the same
// text when it is there already.
func WithAttribute(text []byte) []byte {
	if slices.ContainsFunc(bytes.Split(text, []byte("\n")), func(line []byte) bool { return string(line) == Attribute }) {
		return text
	}
	text = slices.Clip(text)
	if len(text) > 0 && text[len(text)-1] != '\n' {
		text = append(text, '\n')
	}
	return append(text, Attribute+"\n"...)
}
