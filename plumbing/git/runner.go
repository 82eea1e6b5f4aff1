// SPDX-License-Identifier: Apache-2.0

// Package git runs the real git. Invariants: a failure carries what git said
// on stderr, nothing is passed through a shell, and no output is gathered that
// grows with the size of the repository unless the caller asks for it. What
// git decides (locks, hooks, configuration, filters) is left to it.
//
// It knows nothing of repositories itself: package repo does.
package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Runner runs git in one directory.
type Runner struct {
	// Dir is where git runs (its -C). "" is the current directory.
	Dir string
	// Env is the whole environment, nil for that of this process. LC_ALL is
	// always C.
	Env []string
	// Stderr, unless nil, gets what git says on stderr as it comes.
	Stderr io.Writer
	// Files are inherited by git, and by what it runs, from descriptor 3 on.
	Files []*os.File
	// Started, unless nil, is called by Run with git's process id.
	Started func(pid int)
}

// Error says that git failed.
type Error struct {
	Args     []string // what git was asked to do
	ExitCode int      // -1 when it was killed or did not start
	Stderr   string   // the end of what it said
	Err      error    // from os/exec, or the context
}

// Error gives git's own words where there are any.
func (e *Error) Error() string {
	args := e.Args
	for len(args) > 2 && args[0] == "-c" {
		args = args[2:]
	}
	verb := "git"
	if len(args) > 0 {
		verb += " " + args[0]
	}
	if e.Stderr != "" {
		return verb + ": " + strings.TrimPrefix(e.Stderr, "fatal: ")
	}
	return fmt.Sprintf("%s: %v", verb, e.Err)
}

// Unwrap gives the error of os/exec or of the context.
func (e *Error) Unwrap() error { return e.Err }

// ExitCode returns the exit code of the git that err comes from, or -1.
func ExitCode(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.ExitCode
	}
	return -1
}

const (
	// maxStderr bounds what an Error remembers, in bytes.
	maxStderr = 64 << 10
	// killDelay is how long git gets to remove its lock files once it has
	// been told to end.
	killDelay = 5 * time.Second
)

// Run runs git and returns its standard output. The error is an *Error.
func (r Runner) Run(ctx context.Context, stdin io.Reader, args ...string) ([]byte, error) {
	var out bytes.Buffer
	c := r.command(ctx, args)
	c.Stdin, c.Stdout = stdin, &out
	if err := c.Start(); err != nil {
		return nil, c.failure(err)
	}
	if r.Started != nil {
		r.Started(c.Process.Pid)
	}
	if err := c.Wait(); err != nil {
		return out.Bytes(), c.failure(err)
	}
	return out.Bytes(), nil
}

// command is a git that has not been started.
type command struct {
	*exec.Cmd
	ctx    context.Context
	args   []string
	stderr *tail
}

func (r Runner) command(ctx context.Context, args []string) *command {
	full := args
	if r.Dir != "" {
		full = append([]string{"-C", r.Dir}, args...)
	}
	c := &command{exec.CommandContext(ctx, "git", full...), ctx, args, &tail{}}
	c.Env = r.Env
	c.Env = append(c.Environ(), "LC_ALL=C")
	c.Stderr = c.stderr
	if r.Stderr != nil {
		c.Stderr = io.MultiWriter(c.stderr, r.Stderr)
	}
	c.ExtraFiles = r.Files
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = killDelay
	return c
}

func (c *command) failure(err error) error {
	if ctxErr := c.ctx.Err(); ctxErr != nil {
		err = ctxErr
	}
	code := -1
	if c.ProcessState != nil {
		code = c.ProcessState.ExitCode()
	}
	return &Error{Args: c.args, ExitCode: code, Stderr: c.stderr.String(), Err: err}
}

// tail keeps the end of what is written to it.
type tail struct{ buf []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	if len(t.buf) > 2*maxStderr {
		t.buf = append(t.buf[:0], t.buf[len(t.buf)-maxStderr:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	return strings.TrimSpace(string(t.buf[max(0, len(t.buf)-maxStderr):]))
}
