// SPDX-License-Identifier: Apache-2.0

package ssh

import (
	"testing"

	"github.com/git-devops/git-devops/plumbing/ssh/sshtest"
)

type server struct {
	*sshtest.Server
	Addr Address
	Opts Options // that get in
}

func startServer(t *testing.T, lines ...string) *server {
	t.Helper()
	s := sshtest.Start(t, lines...)
	return &server{s, Address{Host: "127.0.0.1", Port: s.Port, Path: "/"}, Options{Command: s.Command}}
}
