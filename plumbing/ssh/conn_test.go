// SPDX-License-Identifier: Apache-2.0

package ssh

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func dial(t *testing.T, addr Address, o Options) *Conn {
	t.Helper()
	c, err := Dial(t.Context(), addr, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func command(t *testing.T, c *Conn, argv ...string) *Process {
	t.Helper()
	p, err := c.Command(t.Context(), argv...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// output gives a command its input and returns what it says.
func output(t *testing.T, c *Conn, input string, argv ...string) (string, error) {
	t.Helper()
	p := command(t, c, argv...)
	go func() { _, _ = io.WriteString(p.Stdin, input); _ = p.Stdin.Close() }()
	out, err := io.ReadAll(p.Stdout)
	if err != nil {
		t.Error(err)
	}
	return string(out), p.Wait()
}

func TestCommands(t *testing.T) {
	s := startServer(t)
	dir := t.TempDir()
	for name, c := range map[string]*Conn{"ssh": dial(t, s.Addr, s.Opts), "local": dial(t, Address{Path: "/"}, Options{Dir: dir})} {
		t.Run(name, func(t *testing.T) {
			if out, err := output(t, c, "through", "cat"); err != nil || out != "through" {
				t.Errorf("cat: %q, %v", out, err)
			}
			arg := "-n $(touch x) `touch x` ' \" ! \n \\ " + everyByte()
			if out, err := output(t, c, "", "printf", "%s", arg); err != nil || out != arg {
				t.Errorf("an argument came as %q, %v", out, err)
			}
			big := strings.Repeat("0123456789abcdef", 1<<16)
			if out, err := output(t, c, big, "cat"); err != nil || out != big {
				t.Errorf("%d of %d bytes came, %v", len(out), len(big), err)
			}
			var exit *ExitError
			if _, err := output(t, c, "", "sh", "-c", "echo why >&2; exit 3"); !errors.As(err, &exit) || exit.ExitCode != 3 || exit.Stderr != "why" {
				t.Errorf("exit 3: %v", err)
			}
			if _, err := output(t, c, "", "sh", "-c", "exit 255"); !errors.As(err, &exit) || exit.ExitCode != 255 {
				t.Errorf("exit 255: %v", err)
			}
			var none *NoProgramError
			if p, err := c.Command(t.Context(), "no-such-program"); err == nil {
				_ = p.Stdin.Close()
				err = p.Wait()
				if !errors.As(err, &none) {
					t.Errorf("no program: %v", err)
				}
			} else if !errors.As(err, &none) || none.Program != "no-such-program" || none.Hint() == "" {
				t.Errorf("no program: %v", err)
			}
			if _, err := c.Command(t.Context(), "a\x00b"); err == nil {
				t.Error("a NUL was taken")
			}
		})
	}
}

func TestKill(t *testing.T) {
	s := startServer(t)
	for name, c := range map[string]*Conn{"ssh": dial(t, s.Addr, s.Opts), "local": dial(t, Address{Path: "/"}, Options{})} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			p, err := c.Command(ctx, "cat")
			if err != nil {
				t.Fatal(err)
			}
			go cancel()
			if n, err := p.Stdout.Read(make([]byte, 1)); n != 0 || err == nil {
				t.Errorf("read %d bytes, %v", n, err)
			}
			if err := p.Wait(); err == nil {
				t.Error("a killed command succeeded")
			}
			// The others go on.
			if out, err := output(t, c, "x", "cat"); out != "x" || err != nil {
				t.Errorf("after that: %q, %v", out, err)
			}
			p = command(t, c, "cat")
			c.Close()
			if err := p.Wait(); err == nil {
				t.Error("a command outlived its connection")
			}
			if _, err := c.Command(t.Context(), "cat"); err == nil {
				t.Error("a closed connection runs commands")
			}
		})
	}
}

func TestGitSharesTheConnection(t *testing.T) {
	s := startServer(t)
	repo := t.TempDir()
	if out, err := exec.Command("git", "init", "-q", "--bare", repo).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s.Addr.Path = repo
	c := dial(t, s.Addr, s.Opts)
	// Whoever comes now is not let in any more.
	if err := os.Remove(s.Path("authorized_keys")); err != nil {
		t.Fatal(err)
	}
	git := exec.Command("git", "ls-remote", c.Address().String())
	git.Env = append(os.Environ(), c.GitEnv()...)
	if out, err := git.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	var refused *ConnectError
	if _, err := Dial(t.Context(), s.Addr, s.Opts); !errors.As(err, &refused) || refused.Reason != Refused {
		t.Errorf("without a key: %v", err)
	}
	if env := dial(t, Address{Path: "/"}, Options{}).GitEnv(); len(env) != 0 {
		t.Errorf("a local path needs %q", env)
	}
}

func TestDialReasons(t *testing.T) {
	s := startServer(t)
	s.Write(t, "nobody", "")
	s.Key(t, "other")
	s.Copy(t, "other.pub", "changed")
	other, _ := os.ReadFile(s.Path("other.pub"))
	s.Write(t, "changed", "[127.0.0.1]:"+strconv.Itoa(s.Addr.Port)+" "+string(other))
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	at := func(host string, port int) Address { return Address{Host: host, Port: port, Path: "/"} }
	dir, err := os.MkdirTemp("/tmp", "ssh")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for _, c := range []struct {
		name string
		addr Address
		o    Options
		want Reason
	}{
		{"a host key that nobody knows", s.Addr, Options{Command: s.SSH("user", "nobody")}, UnknownHostKey},
		{"another host key", s.Addr, Options{Command: s.SSH("user", "changed")}, ChangedHostKey},
		{"a key that is not authorized", s.Addr, Options{Command: s.SSH("other", "known_hosts")}, Refused},
		{"no such name", at("name.invalid", 0), s.Opts, Unresolved},
		{"nobody listens", at("127.0.0.1", 1), s.Opts, Unreachable},
		{"nobody answers", at("127.0.0.1", silent.Addr().(*net.TCPAddr).Port), Options{Command: s.Opts.Command, Timeout: 300 * time.Millisecond}, TimedOut},
		{"no ssh", s.Addr, Options{Command: "no-such-ssh"}, NoSSH},
	} {
		c.o.TempDir = dir
		_, err := Dial(t.Context(), c.addr, c.o)
		var ce *ConnectError
		if !errors.As(err, &ce) || ce.Reason != c.want || ce.Hint() == "" {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := Dial(ctx, at("127.0.0.1", silent.Addr().(*net.TCPAddr).Port), Options{Command: s.Opts.Command, TempDir: dir}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("cancelled: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestLostConnection(t *testing.T) {
	s := startServer(t)
	c := dial(t, s.Addr, s.Opts)
	p := command(t, c, "sh", "-c", "echo $PPID; cat")
	first := make([]byte, 1)
	if _, err := io.ReadFull(p.Stdout, first); err != nil {
		t.Fatal(err)
	}
	// The server's side dies: its process for this connection.
	if err := exec.Command("pkill", "-KILL", "-P", strconv.Itoa(s.PID())).Run(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, p.Stdout); err != nil {
		t.Fatal(err)
	}
	<-c.master.done
	var lost *ConnectError
	if err := p.Wait(); !errors.As(err, &lost) || lost.Reason != Lost {
		t.Errorf("it was killed: %v", err)
	}
	q := command(t, c, "true")
	if err := q.Wait(); !errors.As(err, &lost) || lost.Reason != Lost {
		t.Errorf("afterwards: %v", err)
	}
}

func TestTooManyChannels(t *testing.T) {
	s := startServer(t, "MaxSessions 1")
	c := dial(t, s.Addr, s.Opts)
	p := command(t, c, "sh", "-c", "echo; cat")
	if _, err := io.ReadFull(p.Stdout, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	var many *ConnectError
	if _, err := output(t, c, "", "true"); !errors.As(err, &many) || many.Reason != TooMany {
		t.Errorf("a second channel: %v", err)
	}
	p.Kill()
	_ = p.Wait()
}

// TestKilledProcess: when this program is killed, so is ssh, also one behind a
// wrapper, and the socket's directory goes.
func TestKilledProcess(t *testing.T) {
	if dir := os.Getenv("SSH_TEST_HOLD"); dir != "" {
		hold(t, dir)
	}
	s := startServer(t)
	s.Write(t, "wrapper", "#!/bin/sh\n"+s.Opts.Command+" \"$@\"\nexit $?\n")
	if err := os.Chmod(s.Path("wrapper"), 0o700); err != nil {
		t.Fatal(err)
	}
	s.Write(t, "address", s.Addr.String())
	child := exec.Command(os.Args[0], "-test.run=^TestKilledProcess$")
	child.Env = append(os.Environ(), "SSH_TEST_HOLD="+s.Dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	dir := make([]byte, 256)
	n, _ := out.Read(dir)
	socket := string(bytes.TrimSpace(dir[:n]))
	if _, err := os.Stat(socket); err != nil {
		t.Fatal(err)
	}
	if err := child.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	deadline := time.Now().Add(20 * time.Second)
	for exists(filepath.Dir(socket)) || exec.Command("pgrep", "-f", s.Dir+"/user").Run() == nil {
		if time.Now().After(deadline) {
			t.Fatal("ssh was left behind")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// TestCloseTellsSSHAgain: ssh may not notice the first signal.
func TestCloseTellsSSHAgain(t *testing.T) {
	dir := t.TempDir()
	deaf, ended := filepath.Join(dir, "ssh"), filepath.Join(dir, "ended")
	script := `#!/bin/sh
test "$1" = -M || exit 0
while test "$1" != -S; do shift; done
told=0
trap 'told=$((told + 1)); test $told = 1 || { echo >"$ENDED"; exit; }' TERM
: >"$2"
while :; do sleep 0.01; done
`
	if err := os.WriteFile(deaf, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	o := Options{Command: deaf, Env: append(os.Environ(), "ENDED="+ended)}
	if err := dial(t, Address{Host: "web-07", Path: "/"}, o).Close(); err != nil {
		t.Error(err)
	}
	if !exists(ended) {
		t.Error("it was killed")
	}
}

// TestCloseDoesNotWaitForTheOtherSide: a command that does not end over there
// does not hold us up, however long we would wait for a command alone.
func TestCloseDoesNotWaitForTheOtherSide(t *testing.T) {
	s := startServer(t)
	c := dial(t, s.Addr, s.Opts)
	end := filepath.Join(t.TempDir(), "end")
	t.Cleanup(func() { _ = os.WriteFile(end, nil, 0o666) })
	argv := []string{"sh", "-c", `trap "" HUP TERM PIPE; echo on; until test -e "$0"; do sleep 0.1; done`, end}
	p := &Process{conn: c, argv: argv, cmd: c.command(argv), done: make(chan struct{})}
	p.cmd.WaitDelay = 0 // for ever
	if err := p.start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		c.forget(p)
		close(p.done)
	}()
	if _, err := io.ReadFull(p.Stdout, make([]byte, len("on"))); err != nil {
		t.Fatal(err)
	}
	c.Close()
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// hold connects, runs a command and stays.
func hold(t *testing.T, dir string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "address"))
	if err != nil {
		t.Fatal(err)
	}
	addr, err := Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, addr, Options{Command: Quote(filepath.Join(dir, "wrapper"))})
	command(t, c, "cat")
	_, _ = os.Stdout.WriteString(c.master.socket + "\n")
	time.Sleep(time.Minute)
}
