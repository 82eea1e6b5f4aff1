// SPDX-License-Identifier: Apache-2.0

package ssh

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// master is the ssh that has the connection: an OpenSSH ControlMaster.
//
// It is started by a shell that the kernel tells when this process dies; the
// shell ends it and clears away its directory. (A death signal to ssh itself
// would not get through a wrapper that GIT_SSH names.)
type master struct {
	addr   Address
	opts   Options
	theirs settings // the person's
	asks   bool     // on the terminal
	socket string   // by which others share the connection
	dir    string   // private, with the socket in it
	cmd    *exec.Cmd
	stderr tail
	done   chan struct{} // closed when it has ended
	// shared says that it is the person's own: none of what follows socket is
	// set, and it is not ended.
	shared bool
}

// supervise runs %s, the person's ssh, with the arguments that follow its
// directory.
const supervise = `
dir=$1; shift
trap '%s' TERM
%s "$@" &
ssh=$!
wait "$ssh"; status=$?
rm -f "$dir/s"; rmdir "$dir"
exit "$status"
`

const (
	killGroup = `trap "" TERM; kill -TERM 0`
	// A terminal answers the foreground group only, so an ssh that may ask
	// stays in ours.
	killChild = `kill -TERM "$ssh"`
)

const (
	pollEvery = 5 * time.Millisecond
	stopDelay = 2 * time.Second
	// stopAgain is when ssh is told again to end. It looks whether it has been
	// told, then waits for something to happen, and a signal in between, as
	// while it ends a channel, is not noticed.
	stopAgain = 20 * time.Millisecond
	// authDelay is what authentication may take beyond ConnectTimeout.
	authDelay = 5 * time.Second
)

// connect finds the connection that the person has open, or opens one.
func connect(ctx context.Context, addr Address, o Options) (*master, error) {
	theirs := settingsOf(ctx, addr, o)
	if path := theirs.controlPath; path != "" && o.answers(ctx, addr, path) {
		return &master{addr: addr, opts: o, theirs: theirs, socket: path, shared: true}, nil
	}
	m, err := startMaster(ctx, addr, o, theirs, false)
	if o.Ask == nil || !mayBeAnswered(err) {
		return m, err
	}
	o.Ask.Lock()
	defer o.Ask.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return startMaster(ctx, addr, o, theirs, true)
}

// mayBeAnswered says whether a person could do something about err.
func mayBeAnswered(err error) bool {
	e, ok := errors.AsType[*ConnectError](err)
	return ok && (e.Reason == Refused || e.Reason == UnknownHostKey)
}

// startMaster returns when the connection is authenticated: ssh makes the
// control socket then.
func startMaster(ctx context.Context, addr Address, o Options, theirs settings, asks bool) (*master, error) {
	dir, err := socketDir(o.TempDir)
	if err != nil {
		return nil, fmt.Errorf("make a directory for the control socket: %w", err)
	}
	m := &master{
		addr: addr, opts: o, theirs: theirs, asks: asks,
		socket: filepath.Join(dir, "s"), dir: dir, done: make(chan struct{}),
	}
	m.cmd = m.command()
	if err := m.start(); err != nil {
		return nil, errors.Join(&ConnectError{addr, NoSSH, err.Error()}, os.RemoveAll(dir))
	}
	if err := m.await(ctx); err != nil {
		m.stop()
		return nil, err
	}
	return m, nil
}

func (m *master) command() *exec.Cmd {
	kill := killGroup
	batch := "yes"
	if m.asks {
		kill, batch = killChild, "no"
	}
	args := append([]string{"-c", fmt.Sprintf(supervise, kill, m.opts.program()), "ssh", m.dir,
		"-M", "-N", "-S", m.socket}, commonArgs()...)
	args = append(args, "-o", "BatchMode="+batch)
	args = append(args, m.theirs.args(m.opts)...)
	cmd := exec.Command("/bin/sh", append(args, m.addr.destination()...)...)
	cmd.Env = m.opts.Env
	cmd.Stderr = &m.stderr
	cmd.WaitDelay = stopDelay
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: !m.asks, Pdeathsig: syscall.SIGTERM}
	return cmd
}

// start keeps the thread that starts the shell as long as the shell: the
// kernel takes the end of that thread for the parent's.
func (m *master) start() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := m.cmd.Start()
		started <- err
		if err == nil {
			_ = m.cmd.Wait() // why is in stderr
			_ = os.RemoveAll(m.dir)
			close(m.done)
		}
	}()
	return <-started
}

func (m *master) await(ctx context.Context) error {
	var timeout <-chan time.Time
	if !m.asks {
		timer := time.NewTimer(max(m.opts.timeout(), m.theirs.connectTimeout+authDelay))
		defer timer.Stop()
		timeout = timer.C
	}
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for {
		select {
		case <-poll.C:
			if _, err := os.Lstat(m.socket); err == nil {
				return nil
			}
		case <-m.done:
			return m.failure(m.stderr.String())
		case <-timeout:
			return &ConnectError{m.addr, TimedOut, m.stderr.String()}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// failure is why there is no connection, now that ssh has ended.
func (m *master) failure(stderr string) error {
	reason := reasonOf(stderr)
	if m.cmd.ProcessState.ExitCode() == exitNotFound {
		reason = NoSSH
	}
	return &ConnectError{m.addr, reason, stderr}
}

// stop ends the connection, unless it is the person's, and returns when the
// process is gone.
func (m *master) stop() {
	if m.shared {
		return
	}
	_ = m.cmd.Process.Signal(syscall.SIGTERM)
	again := time.NewTicker(stopAgain)
	defer again.Stop()
	late := time.After(stopDelay)
	for {
		select {
		case <-m.done:
			return
		case <-again.C:
			m.signalGroup(syscall.SIGTERM)
		case <-late:
			m.signalGroup(syscall.SIGKILL)
			_ = m.cmd.Process.Kill()
			<-m.done
			return
		}
	}
}

// signalGroup reaches ssh also when the shell has gone.
func (m *master) signalGroup(signal syscall.Signal) {
	if !m.asks {
		_ = syscall.Kill(-m.cmd.Process.Pid, signal)
	}
}

// alive says whether the connection is there.
func (m *master) alive() bool {
	if m.shared {
		return m.opts.answers(context.Background(), m.addr, m.socket)
	}
	select {
	case <-m.done:
		return false
	default:
		return true
	}
}

// channelArgs are for an ssh that uses the connection.
func (m *master) channelArgs() []string {
	return append([]string{"-S", noTokens(m.socket), "-o", "ControlMaster=no", "-o", "BatchMode=yes"}, commonArgs()...)
}

// maxSocket is how long the name of a control socket may be: 104 bytes with
// its NUL on the BSDs, of which ssh takes 17 for the name it begins with.
const maxSocket = 104 - 1 - 17

// socketDir makes a private directory that ssh can have a socket in.
func socketDir(parent string) (string, error) {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-"
	const name = "/gdo-4294967295/s"
	if !filepath.IsAbs(parent) || strings.Trim(parent, plain) != "" || len(parent)+len(name) > maxSocket {
		parent = "/tmp"
	}
	return os.MkdirTemp(parent, "gdo-")
}
