// SPDX-License-Identifier: Apache-2.0

// Package sshtest is a real sshd for tests, where the machine has one. It does
// not import package ssh, whose tests use it.
package sshtest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A Server is an sshd on the loopback interface, for the user that runs the
// test.
type Server struct {
	Port int
	// Command is an ssh that gets in, as a line for the shell.
	Command string
	// Dir has its files, and is HOME there.
	Dir string

	cmd *exec.Cmd
}

// Start starts one, with further lines of configuration. It ends with the test,
// which is skipped where there is no sshd.
func Start(t *testing.T, lines ...string) *Server {
	t.Helper()
	const sshd = "/usr/sbin/sshd"
	if _, err := os.Stat(sshd); err != nil {
		t.Skip("needs OpenSSH's server")
	}
	if os.Getuid() == 0 {
		_ = os.Mkdir("/run/sshd", 0o755) // what the boot makes
	}
	s := &Server{Dir: t.TempDir()}
	s.Key(t, "host")
	s.Key(t, "user")
	s.Copy(t, "user.pub", "authorized_keys")
	for range 10 {
		s.Port = 20000 + rand.IntN(12000)
		config := append(lines, "ListenAddress 127.0.0.1", fmt.Sprint("Port ", s.Port), "PidFile "+s.Path("listening"), "HostKey "+s.Path("host"),
			"AuthorizedKeysFile "+s.Path("authorized_keys"), "SetEnv HOME="+s.Dir, "StrictModes no", "UsePAM no", "PermitRootLogin yes", "PasswordAuthentication no",
			"KbdInteractiveAuthentication no")
		s.Write(t, "config", strings.Join(config, "\n")+"\n")
		s.cmd = exec.Command(sshd, "-D", "-e", "-f", s.Path("config"))
		log, err := os.Create(s.Path("log"))
		if err != nil {
			t.Fatal(err)
		}
		s.cmd.Stderr = log
		if err := s.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() { _ = s.cmd.Wait(); log.Close(); close(done) }()
		if s.listens(done) {
			t.Cleanup(func() { _ = s.cmd.Process.Signal(syscall.SIGTERM); <-done })
			host, _ := os.ReadFile(s.Path("host.pub"))
			s.Write(t, "known_hosts", fmt.Sprintf("[127.0.0.1]:%d %s", s.Port, host))
			s.Command = s.SSH("user", "known_hosts")
			return s
		}
	}
	log, _ := os.ReadFile(s.Path("log"))
	t.Fatalf("sshd does not start: %s", log)
	return nil
}

func (s *Server) listens(done chan struct{}) bool {
	for {
		select {
		case <-done:
			return false
		case <-time.After(10 * time.Millisecond):
			if b, _ := os.ReadFile(s.Path("listening")); len(b) > 0 {
				return true
			}
		}
	}
}

// SSH is a Command with this key and these known hosts.
func (s *Server) SSH(key, known string) string {
	return "ssh -F none -i " + s.Path(key) + " -o IdentitiesOnly=yes -o GlobalKnownHostsFile=/dev/null -o UserKnownHostsFile=" + s.Path(known)
}

// Path is where a file of the server lies: authorized_keys, known_hosts, user,
// user.pub and others.
func (s *Server) Path(name string) string { return filepath.Join(s.Dir, name) }

// Key makes a pair of keys, name and name.pub.
func (s *Server) Key(t *testing.T, name string) {
	t.Helper()
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", s.Path(name)).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// Copy copies one of its files.
func (s *Server) Copy(t *testing.T, from, to string) {
	t.Helper()
	s.Write(t, to, s.Read(t, from))
}

// Read reads one.
func (s *Server) Read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(s.Path(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Write writes one.
func (s *Server) Write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(s.Path(name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// PID is the process that listens.
func (s *Server) PID() int { return s.cmd.Process.Pid }
