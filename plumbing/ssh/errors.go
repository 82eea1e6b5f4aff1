// SPDX-License-Identifier: Apache-2.0

package ssh

import (
	"fmt"
	"path"
	"strings"
)

// Reason tells apart why there is no connection.
type Reason int

// The reasons.
const (
	Other          Reason = iota // what Stderr says
	UnknownHostKey               // never seen before
	ChangedHostKey               // not the one that is known
	Refused                      // the other side does not let us in
	Unresolved                   // the name has no address
	Unreachable                  // nobody answers at the address
	TimedOut                     // nobody answered in time
	Lost                         // there was a connection
	TooMany                      // the other side allows no further channel
	NoSSH                        // there is no ssh here
)

// String says it for a message.
func (r Reason) String() string {
	return [...]string{
		"ssh ended", "its host key is not known", "its host key has changed", "it refuses to let us in",
		"its name has no address", "it cannot be reached", "it does not answer in time",
		"the connection was lost", "it allows no further channel", "there is no ssh here",
	}[r]
}

// ConnectError says that a peer could not be reached, or no longer can.
type ConnectError struct {
	Peer   Address
	Reason Reason
	Stderr string // the end of what ssh said
}

func (e *ConnectError) Error() string {
	return withStderr(fmt.Sprintf("connect to %s: %s", e.Peer, e.Reason), e.Stderr)
}

// Hint says what a person can do about it.
func (e *ConnectError) Hint() string {
	host := e.Peer.Host
	switch e.Reason {
	case UnknownHostKey:
		return fmt.Sprintf("'ssh %s' shows the key's fingerprint and asks whether it is the right one", host)
	case ChangedHostKey:
		return fmt.Sprintf("if there is a reason for that, 'ssh-keygen -R %s' forgets the old key", host)
	case Refused:
		return "authorized_keys there must have this machine's key: 'git devops peer key' prints the line"
	case Unresolved:
		return "is the name right? ~/.ssh/config can give it an address"
	case Unreachable, TimedOut, Lost:
		return "is the machine up, and does its firewall let ssh through?"
	case TooMany:
		return "MaxSessions in its sshd_config allows more"
	case NoSSH:
		return "install OpenSSH's client, or see core.sshCommand in git-config(1)"
	case Other:
	}
	return ""
}

// NoProgramError says that the other side has not got the program that was to
// be run.
type NoProgramError struct {
	Peer    Address
	Program string
	Stderr  string
}

func (e *NoProgramError) Error() string {
	return withStderr(fmt.Sprintf("%s has no %s", e.Peer, e.Program), e.Stderr)
}

// Hint says what a person can do about it.
func (e *NoProgramError) Hint() string {
	return "install it there, or say where it is: git config remote.<name>.devopsServe <path>"
}

// ExitError says that a command on the other side failed.
type ExitError struct {
	Peer     Address
	Program  string
	ExitCode int    // -1 when it was killed
	Stderr   string // the end of what it said
}

func (e *ExitError) Error() string {
	program := path.Base(e.Program)
	s := fmt.Sprintf("%s: %s exited with %d", e.Peer, program, e.ExitCode)
	if e.ExitCode < 0 {
		s = fmt.Sprintf("%s: %s was killed", e.Peer, program)
	}
	return withStderr(s, e.Stderr)
}

// withStderr adds what another program said, on one line and without its hints,
// which are about that machine.
func withStderr(s, stderr string) string {
	for line := range strings.Lines(stderr) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "hint: ") {
			continue
		}
		for _, word := range []string{"fatal: ", "error: "} {
			line = strings.TrimPrefix(line, word)
		}
		s += ": " + line
	}
	return s
}

// reasonOf finds out from ssh's own words why there is no connection.
func reasonOf(stderr string) Reason {
	for _, k := range []struct {
		said   string
		reason Reason
	}{
		{"REMOTE HOST IDENTIFICATION HAS CHANGED", ChangedHostKey},
		{"Host key verification failed", UnknownHostKey},
		{"Permission denied (", Refused},
		{"Too many authentication failures", Refused},
		{"Could not resolve hostname", Unresolved},
		{"timed out", TimedOut},
		{"not responding", TimedOut},
		{"Connection refused", Unreachable},
		{"No route to host", Unreachable},
		{"unreachable", Unreachable},
		{"Session open refused by peer", TooMany},
		{"Connection closed by", Unreachable},
		{"Connection reset", Unreachable},
		{"kex_exchange_identification", Unreachable},
	} {
		if strings.Contains(stderr, k.said) {
			return k.reason
		}
	}
	return Other
}
