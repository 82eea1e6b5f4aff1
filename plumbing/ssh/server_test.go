// SPDX-License-Identifier: Apache-2.0

package ssh

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

// server is a real sshd on the loopback interface, for the user that runs the
// test.
type server struct {
	Addr Address
	Opts Options // that get in
	dir  string
	cmd  *exec.Cmd
}

func startServer(t *testing.T, lines ...string) *server {
	t.Helper()
	const sshd = "/usr/sbin/sshd"
	if _, err := os.Stat(sshd); err != nil {
		t.Skip("needs OpenSSH's server")
	}
	if os.Getuid() == 0 {
		_ = os.Mkdir("/run/sshd", 0o755) // what the boot makes
	}
	s := &server{dir: t.TempDir()}
	s.key(t, "host")
	s.key(t, "user")
	s.copy(t, "user.pub", "authorized_keys")
	for range 10 {
		port := 20000 + rand.IntN(12000)
		s.Addr = Address{Host: "127.0.0.1", Port: port, Path: "/"}
		config := append(lines, "ListenAddress 127.0.0.1", fmt.Sprint("Port ", port), "PidFile "+s.path("listening"), "HostKey "+s.path("host"),
			"AuthorizedKeysFile "+s.path("authorized_keys"), "SetEnv HOME="+s.dir, "StrictModes no", "UsePAM no", "PermitRootLogin yes", "PasswordAuthentication no",
			"KbdInteractiveAuthentication no")
		s.write(t, "config", strings.Join(config, "\n")+"\n")
		s.cmd = exec.Command(sshd, "-D", "-e", "-f", s.path("config"))
		log, err := os.Create(s.path("log"))
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
			host, _ := os.ReadFile(s.path("host.pub"))
			s.write(t, "known_hosts", fmt.Sprintf("[127.0.0.1]:%d %s", port, host))
			s.Opts = Options{Command: s.ssh("user", "known_hosts")}
			return s
		}
	}
	log, _ := os.ReadFile(s.path("log"))
	t.Fatalf("sshd does not start: %s", log)
	return nil
}

func (s *server) listens(done chan struct{}) bool {
	for {
		select {
		case <-done:
			return false
		case <-time.After(10 * time.Millisecond):
			if b, _ := os.ReadFile(s.path("listening")); len(b) > 0 {
				return true
			}
		}
	}
}

// ssh is a Command with this key and these known hosts.
func (s *server) ssh(key, known string) string {
	return "ssh -F none -i " + s.path(key) + " -o IdentitiesOnly=yes -o GlobalKnownHostsFile=/dev/null -o UserKnownHostsFile=" + s.path(known)
}

func (s *server) path(name string) string { return filepath.Join(s.dir, name) }

func (s *server) key(t *testing.T, name string) {
	t.Helper()
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", s.path(name)).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

func (s *server) copy(t *testing.T, from, to string) {
	t.Helper()
	s.write(t, to, s.read(t, from))
}

func (s *server) read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(s.path(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func (s *server) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
