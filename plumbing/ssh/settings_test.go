// SPDX-License-Identifier: Apache-2.0

package ssh

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// configured lets the server's ssh read lines of configuration for its host.
func (s *server) configured(t *testing.T, lines ...string) Options {
	t.Helper()
	s.Write(t, "ssh_config", "Host 127.0.0.1\n"+strings.Join(lines, "\n")+"\n")
	o := s.Opts
	o.Command = strings.Replace(o.Command, "-F none", "-F "+s.Path("ssh_config"), 1)
	return o
}

func TestSettingsOf(t *testing.T) {
	for _, tt := range []struct {
		command string
		want    settings
		args    []string
	}{
		{"ssh -F none", settings{}, []string{"ConnectTimeout=20", "ServerAliveInterval=3", "ServerAliveCountMax=3"}},
		{"ssh -F none -o ConnectTimeout=7", settings{connectTimeout: 7 * time.Second}, []string{"ServerAliveInterval=3", "ServerAliveCountMax=3"}},
		{"ssh -F none -o ServerAliveInterval=60 -o ServerAliveCountMax=9", settings{alive: true}, []string{"ConnectTimeout=20"}},
		{"ssh -F none -o 'ControlPath=\"/tmp/a b-%h\"'", settings{controlPath: "/tmp/a b-host"}, []string{"ConnectTimeout=20", "ServerAliveInterval=3", "ServerAliveCountMax=3"}},
		{"ssh -F none -o ControlPath=none", settings{}, []string{"ConnectTimeout=20", "ServerAliveInterval=3", "ServerAliveCountMax=3"}},
		{"no-such-ssh", settings{}, []string{"ConnectTimeout=20", "ServerAliveInterval=3", "ServerAliveCountMax=3"}},
	} {
		o := Options{Command: tt.command, Alive: 9 * time.Second}
		got := settingsOf(t.Context(), Address{Host: "host", User: "me", Port: 22, Path: "/"}, o)
		if got != tt.want {
			t.Errorf("%s: %+v", tt.command, got)
		}
		var args []string
		for _, arg := range got.args(o) {
			if arg != "-o" {
				args = append(args, arg)
			}
		}
		if diff := cmp.Diff(tt.args, args); diff != "" {
			t.Errorf("%s: %s", tt.command, diff)
		}
	}
}

// connections counts those that the server has had.
func (s *server) connections(t *testing.T) int {
	t.Helper()
	return strings.Count(s.Read(t, "log"), "Accepted publickey")
}

func TestPersonsConnectionIsShared(t *testing.T) {
	s := startServer(t, "LogLevel VERBOSE")
	o := s.configured(t, "ControlPath "+s.Path("cm-%%-%h"))
	ours := dial(t, s.Addr, o) // there is none yet
	if ours.master.shared {
		t.Fatal("what is not there is shared")
	}
	ours.Close()

	// -f: in the background once it is there.
	args := append([]string{"-M", "-N", "-f"}, s.Addr.destination()...)
	if out, err := exec.Command("sh", "-c", o.Command+" "+Quote(args...)+" 2>&1 </dev/null >"+s.Path("master-log")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	control := func(what string) error {
		return o.local(t.Context(), append([]string{"-O", what}, s.Addr.destination()...)).Run()
	}
	t.Cleanup(func() { _ = control("exit") })
	before := s.connections(t)

	c := dial(t, s.Addr, o)
	if out, err := output(t, c, "through", "cat"); err != nil || out != "through" {
		t.Errorf("cat: %q, %v", out, err)
	}
	if env := c.GitEnv(); len(env) == 0 || !strings.Contains(env[0], s.Path("cm-")) {
		t.Errorf("git is given %q", env)
	}
	if n := s.connections(t); n != before {
		t.Errorf("%d more connections", n-before)
	}
	c.Close()
	if err := control("check"); err != nil {
		t.Error("the person's connection is gone")
	}

	c = dial(t, s.Addr, o)
	if err := control("exit"); err != nil {
		t.Fatal(err)
	}
	_, err := output(t, c, "", "true")
	if e, ok := err.(*ConnectError); !ok || e.Reason != Lost {
		t.Errorf("without it: %v", err)
	}
	if n := s.connections(t); n != before {
		t.Errorf("%d more connections: %v", n-before, err)
	}
}
