// SPDX-License-Identifier: Apache-2.0

// Package ui is what a person or a program sees: answers on standard output,
// everything else on standard error. It is the only place that knows about
// terminals.
//
// The rules it keeps:
//
//   - standard output carries the answer and nothing else, as text or, with
//     JSON set, as one object a line with a "type" field first;
//   - standard error carries messages worded as git words them, and progress;
//   - a progress line is wiped before anything else is written, so nothing is
//     ever printed into the middle of it;
//   - the first error of writing to standard output is remembered and returned
//     by Flush, so that no caller has to check each line.
//
// It does not decide what is said, nor which exit code a message goes with.
package ui

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/term"
)

// Options say where output goes and in which form.
type Options struct {
	Stdout, Stderr io.Writer

	JSON     bool // objects instead of text
	Quiet    bool // drop Info
	Verbose  bool // show Detail
	Progress When // Auto: when standard error is a terminal
	Color    When // Auto: see Paint

	Getenv func(string) string
	// Config looks up a git config key; it is called at most once a key and
	// only when the answer is needed. Nil knows no key.
	Config func(key string) (value string, ok bool)
	// Terminal tells terminals from other writers; nil asks the kernel.
	Terminal func(io.Writer) bool
	// Now is the clock of progress; nil is time.Now.
	Now func() time.Time
}

// UI writes output. Its methods may be called from several goroutines.
type UI struct {
	o      Options
	errTTY bool
	outTTY bool
	color  func() bool

	mu     sync.Mutex
	out    *bufio.Writer
	outErr error
	shown  *Progress // the one whose line is on the terminal, or nil
}

// New returns a UI. The caller must call Flush at the end.
func New(o Options) *UI {
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	if o.Config == nil {
		o.Config = func(string) (string, bool) { return "", false }
	}
	if o.Terminal == nil {
		o.Terminal = isTerminal
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	u := &UI{o: o, out: bufio.NewWriterSize(o.Stdout, 64<<10)}
	u.outTTY, u.errTTY = o.Terminal(o.Stdout), o.Terminal(o.Stderr)
	u.color = sync.OnceValue(u.wantColor)
	return u
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}

// JSON says whether answers are objects.
func (u *UI) JSON() bool { return u.o.JSON }

// Terminal says whether standard output is a terminal.
func (u *UI) Terminal() bool { return u.outTTY }

// A Record is one piece of an answer that has both forms.
type Record interface {
	// Type is the value of the "type" field.
	Type() string
	// Text is the text form without its last newline; "" prints nothing.
	Text(u *UI) string
}

// Print writes a record that belongs to the answer.
func (u *UI) Print(r Record) { u.print(r) }

// Info writes a record that --quiet drops.
func (u *UI) Info(r Record) {
	if !u.o.Quiet {
		u.print(r)
	}
}

// Detail writes a record that only --verbose shows.
func (u *UI) Detail(r Record) {
	if u.o.Verbose {
		u.print(r)
	}
}

// Printf writes a line of an answer that has no other form than text. With
// JSON it writes nothing: what a program should know must be a Record.
func (u *UI) Printf(format string, args ...any) {
	if !u.o.JSON {
		u.writeLine(fmt.Appendf(nil, format, args...))
	}
}

// Infof is Printf for what --quiet drops.
func (u *UI) Infof(format string, args ...any) {
	if !u.o.Quiet {
		u.Printf(format, args...)
	}
}

func (u *UI) print(r Record) {
	if u.o.JSON {
		line, err := object(r.Type(), r)
		u.fail(err)
		u.writeLine(line)
		return
	}
	if text := r.Text(u); text != "" {
		u.writeLine([]byte(text))
	}
}

// object encodes v, a struct or map, as one line of JSON whose first field is
// the type.
func object(kind string, v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode a %s record: %w", kind, err)
	}
	body := bytes.TrimSpace(b.Bytes())
	if len(body) < 2 || body[0] != '{' {
		panic("internal error: record " + kind + " is not a JSON object")
	}
	head := fmt.Appendf(nil, `{"type":%q`, kind)
	if len(body) > 2 {
		head = append(head, ',')
	}
	return append(head, body[1:]...), nil
}

func (u *UI) writeLine(line []byte) {
	w := u.Out()
	// One call, so that lines of several goroutines do not mix.
	_, _ = w.Write(append(line, '\n'))
}

// Out is standard output, buffered and in step with everything else the UI
// writes. Write errors are returned, and again by Flush.
func (u *UI) Out() io.Writer { return output{u} }

type output struct{ u *UI }

func (o output) Write(p []byte) (int, error) {
	u := o.u
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.outTTY {
		u.wipe()
	}
	n, err := u.out.Write(p)
	if err == nil && u.outTTY {
		err = u.out.Flush()
	}
	if u.outErr == nil {
		u.outErr = err
	}
	return n, err
}

func (u *UI) fail(err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.outErr == nil {
		u.outErr = err
	}
}

// Flush writes what is buffered and returns the first error of standard
// output since New.
func (u *UI) Flush() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.wipe()
	if err := u.out.Flush(); u.outErr == nil {
		u.outErr = err
	}
	return u.outErr
}
