// SPDX-License-Identifier: Apache-2.0

package ui

import "fmt"

// When is the value of options such as --color: decide, always or never.
type When int

// The values of When; the zero value decides by itself.
const (
	Auto When = iota
	Always
	Never
)

// String returns the word for w.
func (w When) String() string {
	return [...]string{"auto", "always", "never"}[w]
}

// ParseWhen reads a word as String prints it, or a git boolean, of which true
// means auto as it does for color.ui.
func ParseWhen(s string) (When, error) {
	switch s {
	case "auto", "true", "yes", "on", "1":
		return Auto, nil
	case "always":
		return Always, nil
	case "never", "false", "no", "off", "0":
		return Never, nil
	}
	return Auto, fmt.Errorf("%q is not one of auto, always, never", s)
}

// Set makes *When a flag value.
func (w *When) Set(s string) (err error) {
	*w, err = ParseWhen(s)
	return err
}

// Type names the kind of value for a flag's help.
func (*When) Type() string { return "when" }
