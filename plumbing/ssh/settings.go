// SPDX-License-Identifier: Apache-2.0

package ssh

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// settings are what the person's configuration says for a host, where it
// matters whether it says anything.
type settings struct {
	connectTimeout time.Duration // 0: nothing
	alive          bool          // how the other side shows that it is alive
	controlPath    string        // "": nothing
}

// askLocal is how long an ssh that connects to nobody may take.
const askLocal = 5 * time.Second

// settingsOf asks ssh what it would do. Where it does not say, it is as if
// nothing was configured.
func settingsOf(ctx context.Context, addr Address, o Options) (s settings) {
	ctx, cancel := context.WithTimeout(ctx, askLocal)
	defer cancel()
	out, err := o.local(ctx, append([]string{"-G"}, addr.destination()...)).Output()
	if err != nil {
		return settings{}
	}
	for line := range strings.Lines(string(out)) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch key {
		case "connecttimeout":
			n, _ := strconv.Atoi(value) // "none" is none
			s.connectTimeout = time.Duration(n) * time.Second
		case "serveraliveinterval":
			s.alive = value != "0"
		case "controlpath":
			s.controlPath = value
		}
	}
	return s
}

// answers tells whether an ssh has a connection to addr at the control socket
// path.
func (o Options) answers(ctx context.Context, addr Address, path string) bool {
	ctx, cancel := context.WithTimeout(ctx, askLocal)
	defer cancel()
	args := []string{"-S", noTokens(path), "-O", "check"}
	return o.local(ctx, append(args, addr.destination()...)).Run() == nil
}

// local is an ssh that connects to nobody.
func (o Options) local(ctx context.Context, args []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "/bin/sh", append([]string{"-c", o.program() + ` "$@"`, "ssh"}, args...)...)
	cmd.Env = o.Env
	cmd.WaitDelay = time.Second
	return cmd
}

// noTokens lets ssh take a path as it is.
func noTokens(path string) string { return strings.ReplaceAll(path, "%", "%%") }

// args are the options that hold where the person's configuration is silent:
// those on the command line come before any configuration.
func (s settings) args(o Options) []string {
	var args []string
	if s.connectTimeout == 0 {
		args = append(args, "-o", "ConnectTimeout="+seconds(o.timeout()))
	}
	if !s.alive {
		alive := defaultAlive
		if o.Alive > 0 {
			alive = o.Alive
		}
		args = append(args, "-o", "ServerAliveInterval="+seconds(alive/3), "-o", "ServerAliveCountMax=3")
	}
	return args
}
