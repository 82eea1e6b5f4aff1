// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/git-devops/git-devops/plumbing/pktline"
	"github.com/git-devops/git-devops/plumbing/ssh"
	"github.com/git-devops/git-devops/plumbing/wire"
)

// Options of Open.
type Options struct {
	// SSH says how to connect. Its Dir is where a relative local path begins.
	SSH ssh.Options
	// Agent is program and version, for the peers' eyes.
	Agent string
	// Program is what answers for a local path, unless the remote names
	// another: the running program itself. "" is DefaultServe.
	Program string
	// Timeout is how long a peer may be silent; 0 is wire.Timeout.
	Timeout time.Duration
	// Connected, unless nil, is called once there is a connection, beside
	// what Open does from then on, for what git is to do over it: GitEnv is
	// what git needs for that. Open waits for it, and ends its ctx when
	// nobody answers who is of use.
	Connected func(ctx context.Context, r Remote, gitEnv []string)
}

// How many sessions at once are useful. One channel of an ssh connection has a
// window of 2 MiB; a local one only needs the other processor.
const (
	streamsSSH   = 4
	streamsLocal = 2
)

// ErrStock says that a peer has git, and no git-devops.
var ErrStock = errors.New("it has git, but no git-devops")

// A Peer is another repository, reached. It implements transfer.Source and
// copies.Keeper; for stock git these methods give ErrStock.
type Peer struct {
	*wire.Source
	Remote Remote

	conn    *ssh.Conn
	options Options
	agent   string
	locks   bool
	stock   error // why only git answers
}

// Open connects to a remote and begins a session, which proves that it speaks
// our protocol, or else that stock git answers there. The caller closes it.
//
// The error is r.Err, an *ssh.ConnectError, an *ssh.NoProgramError, what the
// program there failed with, or a *wire.VersionError.
func Open(ctx context.Context, r Remote, o Options) (*Peer, error) {
	if r.Err != nil {
		return nil, fmt.Errorf("%s: %w", r.Name, r.Err)
	}
	if r.Address.Local() {
		o.SSH.Env = localEnv(o.SSH.Env)
	}
	conn, err := ssh.Dial(ctx, r.Address, o.SSH)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Name, err)
	}
	p := &Peer{Remote: r, conn: conn, options: o}
	streams := streamsSSH
	if r.Address.Local() {
		streams = streamsLocal
	}
	p.Source = wire.NewSource(r.Name, streams, p.begin)
	if err := p.connected(ctx); err != nil {
		p.Close()
		return nil, fmt.Errorf("%s: %w", r.Name, err)
	}
	return p, nil
}

// connected finds out who answers, and calls Options.Connected meanwhile: each
// of the two takes some round trips.
func (p *Peer) connected(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var beside sync.WaitGroup
	if p.options.Connected != nil {
		beside.Go(func() { p.options.Connected(ctx, p.Remote, p.GitEnv()) })
	}
	err := p.meet(ctx)
	if err != nil {
		cancel()
	}
	beside.Wait()
	return err
}

// meet finds out who answers.
func (p *Peer) meet(ctx context.Context) error {
	c, _, err := p.Client(ctx)
	if err == nil {
		p.agent, p.locks = c.Agent(), c.GrantsLocks()
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if !mayBeStock(err) || !p.answersGit(ctx) {
		return err
	}
	p.stock = err
	return nil
}

// mayBeStock says whether err is what a server does that cannot or does not
// want to run git-devops.
func mayBeStock(err error) bool {
	_, absent := errors.AsType[*ssh.NoProgramError](err)
	_, failed := errors.AsType[*ssh.ExitError](err)
	_, strange := errors.AsType[*wire.ProtocolError](err)
	return absent || failed || strange || errors.Is(err, io.ErrUnexpectedEOF)
}

// begin starts a session. The session outlives ctx.
func (p *Peer) begin(ctx context.Context) (*wire.Client, error) {
	if p.stock != nil {
		return nil, ErrStock
	}
	s, err := p.command(ctx, p.serve(), "serve", p.path())
	if err != nil {
		return nil, err
	}
	c, err := wire.NewClient(ctx, s, wire.ClientOptions{Name: p.Remote.Name, Agent: p.options.Agent, Timeout: p.options.Timeout})
	if err != nil {
		s.Close()
		return nil, err
	}
	return c, nil
}

func (p *Peer) command(ctx context.Context, argv ...string) (*session, error) {
	process, err := p.conn.Command(context.WithoutCancel(ctx), argv...)
	if err != nil {
		return nil, err
	}
	return &session{Process: process}, nil
}

func (p *Peer) serve() string {
	if p.Remote.Address.Local() && p.Remote.Serve == DefaultServe && p.options.Program != "" {
		return p.options.Program
	}
	return p.Remote.Serve
}

// path is the repository as the program there can open it. It is started in
// the home directory, so that it need not know what a tilde is.
func (p *Peer) path() string {
	path := p.Remote.Address.Path
	if p.Remote.Address.Local() {
		return path
	}
	if path == "~" {
		return "."
	}
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return "./" + rest
	}
	return path
}

// answersGit says whether git-upload-pack of the repository begins to speak.
func (p *Peer) answersGit(ctx context.Context) bool {
	s, err := p.command(ctx, "git-upload-pack", p.Remote.Address.Path)
	if err != nil {
		return false
	}
	defer s.Close()
	stop := context.AfterFunc(ctx, s.Kill)
	defer stop()
	timer := time.AfterFunc(wire.Timeout, s.Kill)
	defer timer.Stop()
	_, kind, err := pktline.NewReader(s).Next()
	return err == nil && (kind == pktline.Data || kind == pktline.Flush)
}

// Stock says that the peer has git, and no git-devops.
func (p *Peer) Stock() bool { return p.stock != nil }

// WhyStock returns what came of asking for git-devops, nil unless Stock.
func (p *Peer) WhyStock() error { return p.stock }

// Agent returns the program and version that the peer says it is, "" for stock
// git.
func (p *Peer) Agent() string { return p.agent }

// GrantsLocks says whether what the peer holds can count as a copy.
func (p *Peer) GrantsLocks() bool { return p.locks }

// GitEnv returns the variables that let git share the connection.
func (p *Peer) GitEnv() []string { return p.conn.GitEnv() }

// Close ends all sessions and the connection.
func (p *Peer) Close() error {
	// A session that is closed alone waits for the other side to end it.
	return errors.Join(p.conn.Close(), p.Source.Close())
}

// localEnv is the environment of a program that answers here: it is not what
// the ssh that we came by was asked for.
func localEnv(env []string) []string {
	env = (&exec.Cmd{Env: env}).Environ()
	return slices.DeleteFunc(slices.Clone(env), func(v string) bool {
		return strings.HasPrefix(v, "SSH_ORIGINAL_COMMAND=")
	})
}
