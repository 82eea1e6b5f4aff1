// SPDX-License-Identifier: Apache-2.0

package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// exitNotFound is a shell's exit code for a program that does not exist,
// exitSSH that of ssh for what went wrong with ssh itself.
const (
	exitNotFound = 127
	exitSSH      = 255
)

// killDelay is how long a command gets to end once it has been told to.
const killDelay = 2 * time.Second

// Process is a command that runs on the other side. Whoever started it must
// call Wait.
type Process struct {
	Stdin  io.WriteCloser
	Stdout io.ReadCloser

	conn   *Conn
	argv   []string
	cmd    *exec.Cmd
	stderr tail
	kill   sync.Once
	done   chan struct{} // closed when it has ended
	err    error         // of exec; valid then
}

// Command runs a command on the other side, in a channel of its own, until it
// ends or ctx does. Each argument arrives there as it is given here.
func (c *Conn) Command(ctx context.Context, argv ...string) (*Process, error) {
	if len(argv) == 0 || strings.Contains(strings.Join(argv, ""), "\x00") {
		return nil, fmt.Errorf("run %q on %s: not a command", argv, c.addr)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p := &Process{conn: c, argv: argv, cmd: c.command(argv), done: make(chan struct{})}
	if err := p.start(); err != nil {
		return nil, err
	}
	unwatch := context.AfterFunc(ctx, p.Kill)
	go func() {
		p.err = p.cmd.Wait()
		unwatch()
		c.forget(p)
		close(p.done)
	}()
	return p, nil
}

// command is what has to be run here. A dead connection must not make ssh open
// another one: hence the ProxyCommand.
func (c *Conn) command(argv []string) *exec.Cmd {
	var cmd *exec.Cmd
	if c.master == nil {
		cmd = exec.Command(argv[0], argv[1:]...)
		cmd.Dir = c.opts.Dir
	} else {
		args := append([]string{"-c", c.opts.program() + ` "$@"`, "ssh"}, c.master.channelArgs()...)
		args = append(args, "-o", "ProxyCommand=false")
		args = append(append(args, c.addr.destination()...), Quote(argv...))
		cmd = exec.Command("/bin/sh", args...)
	}
	cmd.Env = c.opts.Env
	cmd.WaitDelay = killDelay
	// A signal from the terminal is for us to pass on.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

func (p *Process) start() error {
	stdin, toStdin, err := os.Pipe()
	if err != nil {
		return err
	}
	fromStdout, stdout, err := os.Pipe()
	if err != nil {
		return errors.Join(err, stdin.Close(), toStdin.Close())
	}
	p.Stdin, p.Stdout = toStdin, fromStdout
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = stdin, stdout, &p.stderr
	err = p.conn.run(p)
	_, _ = stdin.Close(), stdout.Close()
	if err == nil {
		return nil
	}
	_, _ = toStdin.Close(), fromStdout.Close()
	if p.conn.master == nil && (errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist)) {
		return &NoProgramError{p.conn.addr, p.argv[0], ""}
	}
	return fmt.Errorf("run %s for %s: %w", p.argv[0], p.conn.addr, err)
}

// run starts p so that Close knows of it.
func (c *Conn) run(p *Process) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return fs.ErrClosed
	}
	if err := p.cmd.Start(); err != nil {
		return err
	}
	c.processes[p] = true
	return nil
}

func (c *Conn) forget(p *Process) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.processes, p)
}

// Wait closes both pipes, waits until the command has ended and says how:
// *NoProgramError, *ConnectError when ssh is to blame, or *ExitError.
// Everything of interest must have been read from Stdout before.
func (p *Process) Wait() error {
	_, _ = p.Stdin.Close(), p.Stdout.Close()
	<-p.done
	err := p.err
	if err == nil || errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	code, stderr := p.cmd.ProcessState.ExitCode(), p.stderr.String()
	switch {
	case code == exitNotFound:
		return &NoProgramError{p.conn.addr, p.argv[0], stderr}
	case code == exitSSH && p.conn.master != nil:
		return p.conn.failure(p.argv[0], stderr)
	}
	return &ExitError{p.conn.addr, p.argv[0], code, stderr}
}

// failure is what ssh's own exit code means for a command. The command may
// also have exited with it; then the connection lives and ssh says nothing.
func (c *Conn) failure(program, stderr string) error {
	if !c.master.alive() {
		return &ConnectError{c.addr, Lost, strings.TrimSpace(c.master.stderr.String() + "\n" + stderr)}
	}
	if reason := reasonOf(stderr); reason == TooMany {
		return &ConnectError{c.addr, reason, stderr}
	}
	return &ExitError{c.addr, program, exitSSH, stderr}
}

// Kill ends the command at once, also beside a Read or Write, which then
// fail. It may be called more than once.
func (p *Process) Kill() {
	p.kill.Do(func() {
		_, _ = p.Stdin.Close(), p.Stdout.Close()
		group := -p.cmd.Process.Pid
		_ = syscall.Kill(group, syscall.SIGTERM)
		timer := time.AfterFunc(killDelay, func() { _ = syscall.Kill(group, syscall.SIGKILL) })
		go func() {
			<-p.done
			timer.Stop()
		}()
	})
}
