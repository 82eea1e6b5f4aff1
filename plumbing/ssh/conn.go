// SPDX-License-Identifier: Apache-2.0

package ssh

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"
)

// Options of Dial. The zero value is right for what nobody watches.
type Options struct {
	// Command takes the place of "ssh", as a line for the shell: what git
	// knows as GIT_SSH_COMMAND and core.sshCommand. For GIT_SSH it is Quote of
	// its value. It must lead to OpenSSH.
	Command string
	// Ask, unless nil, lets ssh ask for passwords and unknown host keys on the
	// terminal where it would fail without; it is locked meanwhile, so that
	// several peers do not ask at once.
	Ask sync.Locker
	// Timeout is how long connecting may take, except while ssh may ask; 0 is
	// 20 seconds. The person's ConnectTimeout counts before it.
	Timeout time.Duration
	// Alive is how long the other side may be silent when it is asked for a
	// sign of life; 0 is 30 seconds. The person's ServerAliveInterval counts
	// before it.
	Alive time.Duration
	// TempDir is where the directory of the control socket is made. "", or a
	// path too long for a socket, is /tmp.
	TempDir string
	// Dir is where commands for a local Address run, "" is the current
	// directory. Env is the environment of ssh and of these commands, nil for
	// that of this process.
	Dir string
	Env []string
}

const (
	defaultTimeout = 20 * time.Second
	defaultAlive   = 30 * time.Second
)

func (o Options) timeout() time.Duration {
	if o.Timeout > 0 {
		return o.Timeout
	}
	return defaultTimeout
}

// Conn is a connection to where an Address leads. Its methods may be called
// from several goroutines.
type Conn struct {
	addr   Address
	opts   Options
	master *master // nil for a local Address

	mu        sync.Mutex
	closed    bool
	processes map[*Process]bool
}

// Dial connects; it returns once the other side has let us in. Where the person
// has a connection open that ssh would share, that is used, and stays open. A
// local Address needs no connection. The error is a *ConnectError, or that of ctx. ctx is
// for connecting only.
func Dial(ctx context.Context, addr Address, o Options) (*Conn, error) {
	c := &Conn{addr: addr, opts: o, processes: map[*Process]bool{}}
	if addr.Local() {
		return c, nil
	}
	m, err := connect(ctx, addr, o)
	if err != nil {
		return nil, err
	}
	c.master = m
	return c, nil
}

// Address is where the connection leads.
func (c *Conn) Address() Address { return c.addr }

// GitEnv returns the variables that let git use the connection when it is
// given the same address: none for a local one. They are valid until Close;
// after that, git would open a connection of its own.
func (c *Conn) GitEnv() []string {
	if c.master == nil {
		return nil
	}
	line := c.opts.program() + " " + Quote(c.master.channelArgs()...)
	return []string{"GIT_SSH_COMMAND=" + line, "GIT_SSH_VARIANT=ssh"}
}

// Close kills the commands that still run and ends the connection. No process
// is left when it returns. It does not wait for the other side: the connection
// ends before anybody there could say how the commands did.
func (c *Conn) Close() error {
	c.mu.Lock()
	c.closed = true
	var running []*Process
	for p := range c.processes {
		running = append(running, p)
	}
	c.mu.Unlock()
	for _, p := range running {
		p.Kill()
	}
	if c.master != nil {
		c.master.stop() // it has the ends of their pipes, until they end there
	}
	for _, p := range running {
		<-p.done
	}
	return nil
}

func (o Options) program() string {
	if o.Command != "" {
		return o.Command
	}
	return "ssh"
}

// args are what every ssh is given: it neither says what is not an error, nor
// does what the person's configuration wants done at a login.
func commonArgs() []string {
	args := []string{"-T", "-a", "-x"}
	for _, option := range []string{
		"LogLevel=ERROR", "ControlPersist=no",
		"RemoteCommand=none", "PermitLocalCommand=no", "ClearAllForwardings=yes",
		// Both ends of a shared connection must be willing to pass it on.
		"SendEnv=GIT_PROTOCOL",
	} {
		args = append(args, "-o", option)
	}
	return args
}

// destination is where ssh is to go; nothing after it is an option.
func (a Address) destination() []string {
	var args []string
	if a.Port != 0 {
		args = append(args, "-p", strconv.Itoa(a.Port))
	}
	if a.User != "" {
		args = append(args, "-l", a.User)
	}
	return append(args, "--", a.Host)
}

func seconds(d time.Duration) string {
	return fmt.Sprint(max(1, int64((d+time.Second-1)/time.Second)))
}
