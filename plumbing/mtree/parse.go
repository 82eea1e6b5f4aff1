// SPDX-License-Identifier: Apache-2.0

package mtree

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/git-devops/git-devops/plumbing/node"
)

// Limits of what is read, in bytes.
const (
	MaxSize = 512 << 20
	MaxLine = 4 << 20
)

// A FormatError says where a text breaks the rules of FORMAT.md.
type FormatError struct {
	Line   int // from 1
	Reason string
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("%s, line %d: %s", Path, e.Line, e.Reason)
}

// Parse reads a Spec. No text at all is an empty one. The error is a
// *FormatError, or that of r.
func Parse(r io.Reader) (*Spec, error) {
	limited := &io.LimitedReader{R: r, N: MaxSize + 1}
	lines := bufio.NewScanner(limited)
	lines.Buffer(nil, MaxLine)
	lines.Split(splitLines)
	p := parser{
		spec:     &Spec{entries: map[string]Entry{}},
		defaults: Entry{Type: node.File, Owner: node.DefaultOwner, Group: node.DefaultGroup},
		names:    map[string]string{},
		ids:      map[string]string{},
	}
	n := 0
	for lines.Scan() {
		n++
		if err := p.line(lines.Bytes()); err != nil {
			return nil, &FormatError{n, err.Error()}
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, &FormatError{n + 1, fmt.Sprintf("longer than %d bytes", MaxLine)}
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", Path, err)
	case limited.N == 0:
		return nil, &FormatError{n, fmt.Sprintf("the file is larger than %d bytes", MaxSize)}
	}
	if slices.IsSortedFunc(p.order, node.ComparePaths) { // as Encode writes it
		p.spec.order.Store(&p.order)
	}
	return p.spec, nil
}

// splitLines is bufio.ScanLines without its kindness to carriage returns.
func splitLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

// A parser is what the lines so far have said.
type parser struct {
	spec     *Spec
	defaults Entry             // of /set
	names    map[string]string // one copy of each, by its text
	ids      map[string]string // likewise
	order    []string          // the paths
}

func (p *parser) line(line []byte) error {
	for _, c := range line {
		if c < ' ' && c != '\t' || c == 0x7f {
			return fmt.Errorf("has the control character %#02x", c)
		}
	}
	first, rest := nextField(line)
	switch {
	case len(first) == 0, first[0] == '#':
		return nil
	case first[0] == '/':
		return p.directive(string(first), rest)
	}
	path, err := parsePath(first)
	if err != nil {
		return err
	}
	if _, ok := p.spec.entries[path]; ok {
		return fmt.Errorf("%q is there twice", path)
	}
	e := p.defaults
	seen, err := p.keywords(&e, rest)
	if err == nil {
		err = e.check(path, seen)
	}
	if err != nil {
		return fmt.Errorf("%q: %w", path, err)
	}
	p.spec.entries[path] = e
	p.order = append(p.order, path)
	return nil
}

// directive takes /set, whose values hold for the lines below.
func (p *parser) directive(name string, rest []byte) error {
	if name != "/set" {
		return fmt.Errorf("unknown directive %q", name)
	}
	e := p.defaults
	seen, err := p.keywords(&e, rest)
	if err != nil {
		return err
	}
	if seen&(hasTime|hasDevice|hasLink|hasXattr|hasOptional) != 0 {
		return errors.New("/set takes type, mode and owners only")
	}
	p.defaults = e
	return nil
}

// nextField cuts the first of the fields, which blanks separate.
func nextField(line []byte) (field, rest []byte) {
	from := 0
	for from < len(line) && isBlank(line[from]) {
		from++
	}
	to := from
	for to < len(line) && !isBlank(line[to]) {
		to++
	}
	return line[from:to], line[to:]
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

func parsePath(field []byte) (string, error) {
	if string(field) == "." {
		return node.RootPath, nil
	}
	rest, ok := bytes.CutPrefix(field, []byte("./"))
	if !ok {
		return "", fmt.Errorf("path %q does not begin with \"./\"", field)
	}
	path, err := unvis(rest)
	if err != nil {
		return "", fmt.Errorf("path %q: %w", field, err)
	}
	if path == node.RootPath {
		return "", &node.BadPathError{Path: "./.", Why: "not clean"}
	}
	if node.IsControl(path) {
		return "", &node.BadPathError{Path: path, Why: "never lies on a root"}
	}
	return path, node.CheckPath(path)
}
