// SPDX-License-Identifier: Apache-2.0

package git

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"syscall"
)

// Attach runs git for a person: with these as its standard input and outputs,
// which it gets as they are when they are files, and in the person's language.
// It returns git's exit code, as a shell gives it when a signal has ended git.
// When ctx ends, git is interrupted and waited for: it may be one that must
// finish what it does, or that waits for an editor.
func (r Runner) Attach(ctx context.Context, in io.Reader, out, errOut io.Writer, args ...string) (code int, err error) {
	c := r.command(ctx, args)
	c.Env = (&exec.Cmd{Env: r.Env}).Environ()
	c.Stdin, c.Stdout, c.Stderr = in, out, errOut
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGINT) }
	c.WaitDelay = 0
	err = c.Run()
	status, ok := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil:
		return 0, nil
	case !ok:
		return -1, c.failure(err)
	case status.Sys().(syscall.WaitStatus).Signaled():
		return 128 + int(status.Sys().(syscall.WaitStatus).Signal()), nil
	}
	return status.ExitCode(), nil
}
