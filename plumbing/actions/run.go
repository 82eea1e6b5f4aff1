// SPDX-License-Identifier: Apache-2.0

package actions

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// A RunError says that an action's command did not succeed.
type RunError struct {
	Action string
	Reason string // "exit status 1", "timed out after 10m0s", …
	Output string // the end of what it wrote
}

// Error names the action and the reason, and gives the last line of output.
func (e *RunError) Error() string {
	text := fmt.Sprintf("action %s: %s", e.Action, e.Reason)
	output := strings.TrimSpace(e.Output)
	if last := output[strings.LastIndexByte(output, '\n')+1:]; last != "" {
		text += ": " + last
	}
	return text
}

const (
	maxOutput = 4 << 10 // bytes of output that are remembered
	// patience is how long output that a command's children hold open is
	// waited for after its end: a service that it started may never close it.
	patience = time.Second
)

// environment is all that a command sees of one. It must be the same whether a
// person or a timer starts the apply.
var environment = []string{
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"HOME=/root", "USER=root", "LOGNAME=root", "SHELL=/bin/sh", "LC_ALL=C.UTF-8",
}

// Exec runs the action's command in root, which is an absolute path: unless it
// is "/", the command sees it as the whole file system. Standard input is
// empty; output gets what the command writes, as it comes. When the time is up,
// or ctx ends, the command is killed with all that it started and that has not
// left its session. The error is a *RunError when the command did not succeed.
func (a *Action) Exec(ctx context.Context, root string, output io.Writer) error {
	runCtx, cancel := context.WithTimeout(ctx, a.Timeout)
	defer cancel()
	end := &tail{w: output}
	cmd := exec.CommandContext(runCtx, "/bin/sh", "-c", a.Run)
	cmd.Dir, cmd.Env = "/", append(environment, "GIT_DEVOPS_ACTION="+a.Name)
	cmd.Stdout, cmd.Stderr = end, end
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if root != "/" {
		cmd.SysProcAttr.Chroot = root
	}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = patience
	err := cmd.Run()
	switch {
	case err == nil || errors.Is(err, exec.ErrWaitDelay):
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case runCtx.Err() != nil:
		return &RunError{a.Name, "timed out after " + a.Timeout.String(), string(end.data)}
	}
	return &RunError{a.Name, err.Error(), string(end.data)}
}

// A tail hands on all that is written to it, and remembers the end.
type tail struct {
	w    io.Writer
	data []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.data = append(t.data, p[max(0, len(p)-maxOutput):]...)
	t.data = t.data[max(0, len(t.data)-maxOutput):]
	if t.w != nil {
		// A reader that is gone must not end the command.
		_, _ = t.w.Write(p)
	}
	return len(p), nil
}
