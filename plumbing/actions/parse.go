// SPDX-License-Identifier: Apache-2.0

package actions

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/git-devops/git-devops/plumbing/git"
)

// File is where a tree has its actions.
const File = ".devops/actions"

// The limits of FORMAT.md.
const (
	MaxSize    = 1 << 20 // bytes of the file
	maxActions = 1000
	maxTimeout = 24 * time.Hour
)

// DefaultTimeout is how long a command may run that says nothing of it.
const DefaultTimeout = 10 * time.Minute

// An Action is a command that is run once after an apply that changed a path
// which one of the patterns matches.
type Action struct {
	Name     string
	Run      string // for /bin/sh -c
	Timeout  time.Duration
	Patterns []Pattern
}

// A FormatError says what is wrong with an actions file.
type FormatError struct {
	Line   int    // from 1, 0 where no line is to blame
	Action string // "" for the file itself
	Reason string
}

// Error names the file, the line and the action.
func (e *FormatError) Error() string {
	at := File
	if e.Line > 0 {
		at = fmt.Sprintf("%s, line %d", at, e.Line)
	}
	if e.Action != "" {
		at = fmt.Sprintf("%s: action %q", at, e.Action)
	}
	return at + ": " + e.Reason
}

// Parse reads an actions file, in the order in which it first names the
// actions. It is git that reads the syntax. The error is a *FormatError when
// the file breaks the rules of FORMAT.md.
func Parse(ctx context.Context, g git.Runner, data []byte) ([]Action, error) {
	if len(data) > MaxSize {
		return nil, &FormatError{Reason: fmt.Sprintf("is larger than %d bytes", MaxSize)}
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return nil, &FormatError{Reason: "is binary"}
	}
	p := parser{index: map[string]int{}}
	err := g.Stream(ctx, bytes.NewReader(data), []string{"config", "--file", "-", "--no-includes", "--list", "-z"},
		func(record []byte) error { return p.add(string(record)) })
	if ge, ok := errors.AsType[*git.Error](err); ok && ge.ExitCode > 0 {
		return nil, &FormatError{Line: git.BadConfigLine(err), Reason: "is not in the syntax of git-config(1): " + strings.TrimSpace(ge.Error())}
	}
	if e, ok := errors.AsType[*FormatError](err); ok {
		e.Line = git.ConfigLine(data, p.key)
	}
	if err != nil {
		return nil, err
	}
	return p.actions, p.check()
}

type parser struct {
	actions []Action
	index   map[string]int
	key     string // that was last seen
}

// add takes a key and its value.
func (p *parser) add(record string) error {
	key, value, ok := strings.Cut(record, "\n")
	p.key = key
	section, rest, _ := strings.Cut(key, ".")
	dot := strings.LastIndexByte(rest, '.')
	if section != "action" || dot <= 0 {
		return &FormatError{Reason: fmt.Sprintf("unknown key %q", key)}
	}
	name, field := rest[:dot], rest[dot+1:]
	if !ok || value == "" {
		return &FormatError{Action: name, Reason: field + " has no value"}
	}
	a, err := p.action(name)
	if err == nil {
		err = a.set(field, value)
	}
	if err != nil {
		return &FormatError{Action: name, Reason: err.Error()}
	}
	return nil
}

func (p *parser) action(name string) (*Action, error) {
	i, ok := p.index[name]
	if !ok {
		if err := checkName(name); err != nil {
			return nil, err
		}
		if i = len(p.actions); i == maxActions {
			return nil, fmt.Errorf("is one more than %d", maxActions)
		}
		p.index[name] = i
		p.actions = append(p.actions, Action{Name: name})
	}
	return &p.actions[i], nil
}

func (a *Action) set(field, value string) error {
	switch {
	case field == "path":
		pattern, err := ParsePattern(value)
		a.Patterns = append(a.Patterns, pattern)
		return err
	case field == "run" && a.Run == "":
		a.Run = value
	case field == "timeout" && a.Timeout == 0:
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 || d > maxTimeout {
			return fmt.Errorf("timeout %q is not a time like 90s or 5m, at most 24h", value)
		}
		a.Timeout = d
	case field == "run" || field == "timeout":
		return fmt.Errorf("%s is given twice", field)
	default:
		return fmt.Errorf("unknown key %q", field)
	}
	return nil
}

// checkName takes what can stand in a message and in a file name.
func checkName(name string) error {
	bad := func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.@", r)
	}
	if name == "" || len(name) > 100 || strings.ContainsFunc(name, bad) {
		return errors.New("a name is 1 to 100 of the characters a-z A-Z 0-9 - _ . @")
	}
	return nil
}

// check looks whether the actions are complete.
func (p *parser) check() error {
	for i := range p.actions {
		a := &p.actions[i]
		switch {
		case a.Run == "":
			return &FormatError{Action: a.Name, Reason: "says not what to run"}
		case len(a.Patterns) == 0:
			return &FormatError{Action: a.Name, Reason: "has no path"}
		case a.Timeout == 0:
			a.Timeout = DefaultTimeout
		}
	}
	return nil
}

// Match says whether a change at path, relative to the root, is one to run the
// command for.
func (a *Action) Match(path string) bool {
	for _, p := range a.Patterns {
		if p.Match(path) {
			return true
		}
	}
	return false
}
