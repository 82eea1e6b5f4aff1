// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"fmt"
	"strings"
	"unicode"
)

// Warnf writes a warning.
func (u *UI) Warnf(format string, args ...any) {
	u.message("warning", Failure{Message: fmt.Sprintf(format, args...)})
}

// Errorf writes an error that does not end the command: one path of many.
func (u *UI) Errorf(format string, args ...any) {
	u.message("error", Failure{Message: fmt.Sprintf(format, args...)})
}

// Hintf writes what a person could do next. With JSON it writes nothing,
// because there hints are fields of errors.
func (u *UI) Hintf(format string, args ...any) {
	if !u.o.JSON {
		u.message("hint", Failure{Hint: fmt.Sprintf(format, args...)})
	}
}

// A Failure is the last thing a command says when it did not succeed.
type Failure struct {
	Word    string `json:"-"` // "fatal" or "error"
	Code    int    `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
	Hint    string `json:"hint,omitempty"`
}

// Fail writes a failure: a message and its hint, or one object.
func (u *UI) Fail(f Failure) { u.message(f.Word, f) }

func (u *UI) message(word string, f Failure) {
	f.Message, f.Hint = printable(f.Message), printable(f.Hint)
	var text []byte
	if u.o.JSON {
		kind := word
		if kind == "fatal" {
			kind = "error"
		}
		line, err := object(kind, f)
		if err != nil {
			panic("internal error: " + err.Error()) // only strings and a number
		}
		text = append(line, '\n')
	} else {
		text = []byte(prefixed(word, f.Message, false) + prefixed("hint", f.Hint, true))
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.wipe()
	// Where both streams go to the same place they must keep their order.
	if err := u.out.Flush(); u.outErr == nil {
		u.outErr = err
	}
	_, _ = u.o.Stderr.Write(text) // nobody is left to tell
}

func prefixed(word, text string, everyLine bool) string {
	if text == "" {
		return ""
	}
	text = strings.TrimRight(text, "\n")
	if everyLine {
		text = strings.ReplaceAll(text, "\n", "\n"+word+": ")
	}
	return word + ": " + text + "\n"
}

// printable replaces control characters, which a hostile file name could use
// to steer a terminal, as git does in its messages.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) {
			return '?'
		}
		return r
	}, s)
}
